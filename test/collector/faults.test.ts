import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { after, before, describe, test, type TestContext } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import { ManualClock } from "../ami/time.ts"
import { IngestQueue, makeSpoolDir, runCollector } from "../harness/collector.ts"
import { Pbx } from "../harness/pbx.ts"
import { Wire } from "../harness/wire.ts"

const SECOND = 1_000
const STEP_MS = 100
/** In which a session has to be well again, once the PBX is. */
const MENDED_MS = 45 * SECOND

let queue: IngestQueue
before(async () => void (queue = await IngestQueue.start()))
after(() => queue.close())

// All ends of all sockets are in this process: a few turns of its loop bring everything where it belongs.
async function settle() {
  for (let i = 0; i < 12; i++) await turn()
}

async function setUp(t: TestContext) {
  const pbx = await Pbx.start({ hasTimestamps: true })
  const wire = await Wire.start(pbx)
  const { dir, remove } = makeSpoolDir()
  const clock = new ManualClock()
  const collector = await runCollector(pbx, queue, dir, { ami: wire.target, clock })
  t.after(async () => {
    wire.isStalled = false
    pbx.options.isMute = false
    const stopped = collector.stop()
    for (let i = 0; i < 20; i++, await settle()) clock.advance(STEP_MS)
    await stopped
    await wire.down()
    await pbx.close()
    remove()
  })
  await collector.ready
  /** Lets so much of the collector's time pass. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += STEP_MS, await settle()) clock.advance(STEP_MS)
  }
  const heard = () => collector.status().events["OutPlanUpdate"] ?? 0
  /** Time until what the PBX says is heard. */
  const timeToHear = async () => {
    const [startedAt, before] = [clock.now(), heard()]
    while (heard() === before && clock.now() - startedAt <= 10 * MENDED_MS) {
      pbx.emit("OutPlanUpdate", [["Uuid", "p"]])
      await pass(STEP_MS)
    }
    return clock.now() - startedAt
  }
  /** Well again in time, and for good; not more than one alarm for each cause. */
  const isWell = async () => {
    const mendedMs = await timeToHear()
    assert.ok(mendedMs <= MENDED_MS, `well after ${mendedMs / SECOND} s`)
    const { sessions } = collector.status()
    await pass(30 * SECOND)
    assert.equal(collector.status().session, "connected")
    assert.equal(collector.status().sessions, sessions)
    const alarms = collector.lines
      .filter(({ alarm }) => alarm)
      .map(({ event, code, reason }) => `${event}: ${String(code ?? reason)}`)
    assert.deepEqual(alarms, [...new Set(alarms)])
    t.diagnostic(`well after ${mendedMs / SECOND} s; alarms: ${alarms.join(", ") || "none"}`)
    return alarms
  }
  return { pbx, wire, clock, collector, pass, isWell }
}

describe("a session is well again within 45 s, with one alarm for a cause at the most, when the PBX", () => {
  test("trickles", async (t) => {
    const { wire, collector, pass, isWell } = await setUp(t)
    wire.isTrickling = true
    await pass(30 * SECOND)
    wire.cut()
    await pass(60 * SECOND)
    assert.equal(collector.status().session, "connected")
    assert.equal(collector.status().sessions, 2)
    await isWell()
  })

  test("stalls for 9 s: the session is kept, and what was held up is heard", async (t) => {
    const { pbx, wire, collector, pass, isWell } = await setUp(t)
    await pass(4 * SECOND)
    wire.isStalled = true
    for (let i = 0; i < 5; i++) pbx.emit("OutPlanCreate", [["Uuid", `p-${i}`]])
    await pass(9 * SECOND)
    wire.isStalled = false
    assert.deepEqual(await isWell(), [])
    assert.equal(collector.status().sessions, 1)
    assert.equal(collector.status().events["OutPlanCreate"], 5)
  })

  test("half-opens for half a minute: it accepts, and then says nothing", async (t) => {
    const { pbx, wire, collector, pass, isWell } = await setUp(t)
    pbx.options.isMute = true
    wire.cut()
    await pass(30 * SECOND)
    assert.notEqual(collector.status().session, "connected")
    pbx.options.isMute = false
    await isWell()
  })

  test("stops answering without closing: that is noticed within 15 s", async (t) => {
    const { pbx, collector, clock, pass, isWell } = await setUp(t)
    // Its lists are asked for and refused first.
    await pass(SECOND)
    pbx.options.isMute = true
    const muteAt = clock.now()
    while (collector.status().session === "connected") await pass(STEP_MS)
    const noticedMs = clock.now() - muteAt
    assert.ok(noticedMs <= 15 * SECOND, `after ${noticedMs} ms`)
    pbx.options.isMute = false
    await isWell()
  })

  test("falls silent while it is asked for a list: that takes longer, but not over 45 s", async (t) => {
    const { wire, collector, clock, pass, isWell } = await setUp(t)
    wire.cut()
    while (collector.status().sessions < 2) await pass(STEP_MS)
    wire.isStalled = true
    const stalledAt = clock.now()
    while (collector.status().session === "connected") await pass(STEP_MS)
    const noticedMs = clock.now() - stalledAt
    assert.ok(noticedMs <= MENDED_MS - SECOND, `after ${noticedMs} ms`)
    wire.isStalled = false
    await isWell()
  })

  test("sends garbage", async (t) => {
    const { pbx, pass, isWell } = await setUp(t)
    for (let i = 0; i < 10; i++) {
      pbx.say(randomBytes(5_000))
      await pass(STEP_MS)
    }
    pbx.say("\r\n\r\nEvent: \r\n: \r\nResponse\r\n\r\n")
    // The answer to a ping may have stood in the middle of it: then the session is dropped ten seconds later.
    await pass(15 * SECOND)
    await isWell()
  })

  test("greets with something else for half a minute", async (t) => {
    const { pbx, wire, pass, isWell } = await setUp(t)
    pbx.options.banner = "HTTP/1.1 400 Bad Request\r\n"
    wire.cut()
    await pass(30 * SECOND)
    delete pbx.options.banner
    await isWell()
  })

  test("closes in the middle of a message, ten times in a row", async (t) => {
    const { pbx, wire, collector, pass, isWell } = await setUp(t)
    for (let i = 1; i <= 10; i++) {
      wire.cut(20 + i)
      pbx.emit("OutCampaignUpdate", [["Uuid", "never whole"]])
      await pass(5 * SECOND)
    }
    assert.equal(collector.status().events["OutCampaignUpdate"], undefined)
    await isWell()
  })

  test("refuses logins for a minute", async (t) => {
    const { pbx, wire, collector, pass, isWell } = await setUp(t)
    pbx.isRefusing = true
    wire.cut()
    await pass(60 * SECOND)
    const { session, sessionReason } = collector.status()
    assert.equal(session, "refused")
    assert.match(sessionReason!, /Authentication failed/)
    pbx.isRefusing = false
    await isWell()
  })
})
