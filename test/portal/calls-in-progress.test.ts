import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import pMap from "p-map"
import { makeDeps, pumpAll } from "../harness/system.ts"
import { openTenant } from "./opened.ts"
import { startPortal, type TestPortal } from "./portal.ts"
import { say, sayCall, stampOf } from "./say.ts"

let portal: TestPortal
before(async () => void (portal = await startPortal()))
after(() => portal.close())

const pump = () => pumpAll(portal.stack, makeDeps(portal.stack))
const open = () => openTenant(portal)

test("a connector to a CRM subscribes to calls", async () => {
  const { make, look } = await open()
  const auth = { type: "bearer", token: "hush" }
  await make("endpoints", { connector: { kind: "hubspot", auth } })
  assert.match(await look("/calls"), /No call yet/)
  assert.match(await look("/endpoints"), /Enabled calls 0/)
})

test("a call in progress is listed however many others have ended, and where the list ends is said", async () => {
  const { token, make, look } = await open()
  await make("endpoints", { pull: true, eventTypes: ["call.*"] })
  const at = Date.now() - 60_000
  const dialing = (event: string, more: [string, string][]): [string, string][] => [
    ["Event", `OutDialing${event}`],
    ["Uuid", "long"],
    ["DialAddr", "+4599999999"],
    ["ResHangup", "0"],
    ["TmCreate", stampOf(at)],
    ...more,
  ]
  await say(
    portal,
    token,
    dialing("Create", [
      ["Status", "0"],
      ["ResDial", "0"],
    ]),
  )
  const answered: [string, string][] = [
    ["Status", "1"],
    ["ResDial", "4"],
  ]
  await say(portal, token, dialing("Update", [...answered, ["TmUpdate", stampOf(at + 2000)]]))
  const call = (index: number) =>
    sayCall(portal, token, { uuid: `s-${index}`, number: `+4520${100_000 + index}` })
  await pMap(Array.from({ length: 42 }).keys(), call, { concurrency: 4 })
  await pump()
  const few = await look("/calls")
  assert.match(few, /\+4599999999 c-1 In progress|\+4599999999.{0,40} In progress/)
  assert.doesNotMatch(few, /are listed when they have ended/)
  await pMap(Array.from({ length: 90 }).keys(), (index) => call(100 + index), { concurrency: 4 })
  await pump()
  const many = await look("/calls")
  assert.doesNotMatch(many, /\+4599999999/)
  assert.match(many, /Calls that started before .* are listed when they have ended/)
})

test("a call whose end came while nobody wanted calls is not in progress for ever", async () => {
  const { token, make, look } = await open()
  await make("endpoints", { pull: true, eventTypes: ["call.*"] })
  const begin = (uuid: string, hoursAgo: number) =>
    say(portal, token, [
      ["Event", "OutDialingCreate"],
      ["Uuid", uuid],
      ["Status", "0"],
      ["DialAddr", `+459999000${hoursAgo}`],
      ["TmCreate", stampOf(Date.now() - hoursAgo * 3600_000)],
    ])
  await begin("old", 5)
  await begin("young", 3)
  await pump()
  const calls = await look("/calls")
  assert.match(calls, /\+4599990003 .*In progress/)
  assert.doesNotMatch(calls, /\+4599990005/)
  assert.match(calls, /Calls that started before .* are listed when they have ended/)
})
