import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { makeTenant } from "../api/api.ts"
import { makeMessageId } from "../harness/heard.ts"
import { makeDeps, pumpAll } from "../harness/system.ts"
import { startPortal, words, type TestPortal } from "./portal.ts"
import { sendAs } from "./say.ts"

let portal: TestPortal
before(async () => void (portal = await startPortal()))
after(() => portal.close())

test("the overview lists a gap under its PBX's name, and under its id once the PBX is deleted", async () => {
  const { id, path } = await makeTenant(portal)
  const { body: source } = await portal.call(`POST ${path}/sources`, { body: { name: "Odense" } })
  const [from, to] = [Date.now() - 120_000, Date.now() - 60_000]
  await sendAs(portal, source.token, {
    v: 1,
    kind: "gap",
    id: makeMessageId(),
    collector: "A".repeat(22),
    receivedAt: Date.now(),
    gap: { id: makeMessageId(), from, to, reason: "connection lost", inferred: {} },
  })
  await pumpAll(portal.stack, makeDeps(portal.stack))
  const visitor = await portal.signIn()
  const gaps = async () =>
    words(/<h2>Gaps<\/h2>[^]*/.exec((await visitor.get(`/portal/${id}`)).text)![0])
  assert.match(await gaps(), /Odense .*connection lost/)
  assert.equal((await portal.call(`DELETE ${path}/sources/${source.id}`)).status, 204)
  assert.match(await gaps(), new RegExp(`${source.id} .*connection lost`))
})
