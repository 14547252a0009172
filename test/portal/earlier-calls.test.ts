import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { makeTenant } from "../api/api.ts"
import { makeDeps, pumpAll } from "../harness/system.ts"
import { startPortal, words, type TestPortal } from "./portal.ts"
import { sayCall } from "./say.ts"

let portal: TestPortal
before(async () => void (portal = await startPortal()))
after(() => portal.close())

test("without a subscriber the list of calls offers one, and earlier calls are found on request", async () => {
  const { id, path } = await makeTenant(portal)
  const { body: source } = await portal.call(`POST ${path}/sources`, { body: { name: "PBX" } })
  const visitor = await portal.signIn()
  const read = async (query = "") => {
    const { status, text } = await visitor.get(`/portal/${id}/calls${query}`)
    assert.equal(status, 200)
    return words(text)
  }
  assert.match(await read(), /No endpoint subscribes to calls/)
  assert.match(await read("?earlier=1"), /No earlier call/)

  const { body: endpoint } = await portal.call(`POST ${path}/endpoints`, {
    body: { pull: true, eventTypes: ["call.*"] },
  })
  assert.match(await read(), /No call yet/)
  await sayCall(portal, source.token, { uuid: "call-1", number: "+4520123456" })
  await pumpAll(portal.stack, makeDeps(portal.stack))
  assert.match(await read(), /\+4520123456/)

  const { status } = await portal.call(`DELETE ${path}/endpoints/${endpoint.id}`)
  assert.equal(status, 204)
  const left = await read()
  assert.doesNotMatch(left, /\+4520123456/)
  assert.match(left, /No endpoint subscribes to calls .*Search for earlier calls/)
  assert.match(await read("?earlier=1"), /\+4520123456/)
})
