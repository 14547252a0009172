import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import type { Pbx } from "../harness/pbx.ts"
import { until } from "../harness/until.ts"
import { setUp, synthetic, wordsOf, listsAsked, gapCount } from "./resync-set-up.ts"

test("asks again when the PBX has booted, where its module was not loaded at the login", async (t) => {
  const { pbx, queue, run } = await setUp(t, { canList: true })
  pbx.create("Dialing", "alive", [["Status", "1"]])
  const collector = await run()
  await until(() => listsAsked(pbx) === 10)

  await pbx.down()
  pbx.options = { canList: true, hasModule: false }
  const asked = listsAsked(pbx)
  await pbx.restart()
  await gapCount(queue, 1)
  await until(() => listsAsked(pbx) > asked)
  await until(() => collector.lines.some(({ event }) => event === "lists.unknown"))
  const said = collector.lines.find(({ event }) => event === "lists.unknown")
  assert.equal(said?.alarm, true)
  assert.deepEqual(wordsOf(queue), [])

  pbx.options = { canList: true }
  pbx.say("Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n")
  await until(async () => (await queue.read()) && wordsOf(queue).length === 1)
  assert.deepEqual(wordsOf(queue), ["OutDialingDelete alive"])
  assert.equal(synthetic(queue)[0]!.synthetic!.gap, queue.gaps[0]!.id)
  assert.ok(collector.lines.some(({ event }) => event === "lists.answered"))
})

test("ends the calls that a module loaded anew has forgotten", async (t) => {
  const { pbx, queue, run } = await setUp(t)
  pbx.create("Dialing", "forgotten", [["Status", "1"]])
  pbx.create("Campaign", "kept", [["Status", "1"]])
  await run()
  await until(() => listsAsked(pbx) === 10)
  pbx.records.delete("Dialing")
  const module = "Module: res_outbound.so\r\nStatus: Success\r\n\r\n"
  pbx.say(`Event: Unload\r\nPrivilege: system,all\r\n${module}`)
  pbx.say(`Event: Load\r\nPrivilege: system,all\r\n${module}`)
  await until(async () => (await queue.read()) && wordsOf(queue).length === 1)
  assert.deepEqual(wordsOf(queue), ["OutDialingDelete forgotten"])
  assert.equal(synthetic(queue)[0]!.synthetic!.reason, "forgotten")
  assert.deepEqual(queue.gaps, [])
})

const LOAD =
  "Event: Load\r\nPrivilege: system,all\r\nModule: res_outbound.so\r\nStatus: Success\r\n\r\n"

test("names both gaps of what the lists could not be asked for after the first", async (t) => {
  const { pbx, queue, run } = await setUp(t)
  const collector = await run({ confirmMs: 600 })
  await until(() => listsAsked(pbx) === 10)
  pbx.create("Dialing", "x", [["Status", "1"]])
  await until(async () => (await queue.read()).events.length === 1)
  pbx.cut()
  await until(() => listsAsked(pbx) === 15)
  await pbx.down()
  await until(() => collector.lines.some(({ event }) => event === "resync.broken"))
  await pbx.restart()
  await gapCount(queue, 2)
  await until(async () => (await queue.read()) && wordsOf(queue).length === 1)
  const [first, second] = queue.gaps.map(({ id }) => id)
  const { gap, others } = synthetic(queue)[0]!.synthetic!
  assert.deepEqual([gap, others], [second, [first]])
})

test("a gap after a module whose lists could not be asked for keeps its own reason", async (t) => {
  const { pbx, queue, run } = await setUp(t)
  const collector = await run({ confirmMs: 600 })
  await until(() => listsAsked(pbx) === 10)
  pbx.say(LOAD)
  await until(() => listsAsked(pbx) === 15)
  await pbx.down()
  await until(() => collector.lines.some(({ event }) => event === "resync.broken"))
  pbx.create("Campaign", "born", [["Status", "0"]])
  await pbx.listen()
  await gapCount(queue, 1)
  await until(async () => (await queue.read()) && wordsOf(queue).length === 1)
  assert.equal(synthetic(queue)[0]!.synthetic!.reason, "disconnected")
})

test("ends the calls of a module that is loaded anew while the lists are asked for", async (t) => {
  const { pbx, queue, run } = await setUp(t)
  await run({ confirmMs: 600 })
  await until(() => listsAsked(pbx) === 10)
  pbx.say(LOAD)
  await until(() => listsAsked(pbx) === 15)
  pbx.create("Dialing", "x", [["Status", "1"]])
  await until(async () => (await queue.read()).events.length === 1)
  pbx.records.delete("Dialing")
  pbx.say(LOAD)
  await until(async () => (await queue.read()) && wordsOf(queue).length === 1)
  assert.equal(synthetic(queue)[0]!.synthetic!.reason, "forgotten")
})

/** How often a PBX whose dialings are gone is asked for them after a gap. `code`: how the session's end is seen. */
async function dialingsAsked(
  t: TestContext,
  code: string,
  interrupt: (pbx: Pbx) => void | Promise<void>,
) {
  const { pbx, queue, run } = await setUp(t)
  const collector = await run()
  await until(() => listsAsked(pbx) === 10)
  pbx.create("Dialing", "call", [["Status", "1"]])
  await until(async () => (await queue.read()).events.length === 1)
  pbx.records.delete("Dialing")
  const count = () => pbx.actions.filter((name) => name === "OutDialingShow").length
  const before = count()
  await interrupt(pbx)
  await until(() => collector.lines.some((line) => line["code"] === code))
  if (!pbx.isListening) await pbx.listen()
  await gapCount(queue, 1)
  assert.deepEqual(wordsOf(queue), ["OutDialingDelete call"])
  return count() - before
}

const SHUTDOWN =
  "Event: Shutdown\r\nPrivilege: system,all\r\nShutdown: Cleanly\r\nRestart: False\r\n\r\n"

test("an empty list of dialings is believed at once where the PBX was seen to restart", async (t) => {
  const lost = await dialingsAsked(t, "lost", (pbx) => pbx.cut())
  assert.equal(lost, 3)
  const refused = await dialingsAsked(t, "port_refused", (pbx) => pbx.down())
  assert.equal(refused, 2)
  const announced = await dialingsAsked(t, "shutdown", (pbx) => {
    pbx.say(SHUTDOWN)
    pbx.cut()
  })
  assert.equal(announced, 2)
})
