import assert from "node:assert/strict"
import { after, before, mock, test } from "node:test"
import { makeTenant } from "../api/api.ts"
import { startStack, type Stack } from "../harness/stack.ts"
import { startPortal, words, type TestPortal } from "./portal.ts"

let stack: Stack
let portal: TestPortal
before(async () => {
  mock.timers.enable({ apis: ["Date"], now: Date.parse("2026-11-22T12:00:00Z") })
  stack = await startStack({ isClockMoved: true })
  portal = await startPortal({ stack })
})
after(async () => {
  await stack.close()
  mock.timers.reset()
})

test("a key whose time is over is listed as expired, and no other", async () => {
  const { id, path } = await makeTenant(portal)
  for (const [name, expiresAt] of [
    ["Short", "2026-11-22T13:00:00Z"],
    ["Long", "2026-11-24T13:00:00Z"],
  ])
    await portal.call(`POST ${path}/keys`, { body: { name, expiresAt } })
  mock.timers.setTime(Date.parse("2026-11-22T13:00:01Z"))
  const visitor = await portal.signIn()
  const { text } = await visitor.get(`/portal/${id}/keys`)
  const row = (name: string) =>
    words(text.split("<tr>").find((each) => each.includes(`>${name}<`))!)
  assert.match(row("Short"), / expired /)
  assert.doesNotMatch(row("Long"), / expired /)
})

test("a PBX that is deleted while an endpoint's form is open is refused beside the PBXes", async () => {
  const { id, path } = await makeTenant(portal)
  const { body: source } = await portal.call(`POST ${path}/sources`, { body: { name: "PBX" } })
  await portal.call(`POST ${path}/sources`, { body: { name: "Another PBX" } })
  const visitor = await portal.signIn()
  assert.equal((await portal.call(`DELETE ${path}/sources/${source.id}`)).status, 204)
  const fields = { kind: "webhook", url: "https://example.com/", sources: source.id as string }
  const { status, text } = await visitor.post(`/portal/${id}/endpoints/new`, fields)
  assert.equal(status, 400)
  const field = /<legend>PBXes<\/legend>[^]*?<\/fieldset>/.exec(text)![0]
  assert.match(field, /<p class="error">/)
})
