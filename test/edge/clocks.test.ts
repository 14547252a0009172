import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import type { GapMessage, HeartbeatMessage } from "@ringback/events/message"
import { gapMessage, heartbeat, makeMessageId } from "../harness/heard.ts"
import { eventMessage, sendToIngest } from "../harness/system.ts"
import { campaignUpdate, startWorld, type World } from "../harness/world.ts"

let world: World
const lines: Record<string, unknown>[] = []
const log = (event: string, fields: Record<string, unknown>) =>
  void lines.push({ event, ...fields })
before(async () => void (world = await startWorld({ log })))
after(() => world.close())
beforeEach(() => world.begin())

const SECOND = 1_000
const HOUR = 3600 * SECOND

async function pass(seconds: number) {
  for (let left = seconds; left > 0; left -= 10) {
    await world.pump()
    world.advance(Math.min(left, 10) * SECOND)
  }
  await world.pump()
}

/** A collector whose clock is that far ahead of the PBX's; all times that it is given are the PBX's. */
function makeCollector(letter: string, aheadMs: number, says: { skew: boolean } = { skew: true }) {
  const id = letter.repeat(22)
  const send = <T extends GapMessage | HeartbeatMessage>(message: T) =>
    sendToIngest(world.stack, world.customer, {
      ...message,
      receivedAt: message.receivedAt + aheadMs,
      ...(says.skew && { skewMs: aheadMs }),
    })
  return {
    beat: (connectedSince: number | null, readUntil?: number) =>
      send({
        ...heartbeat(world.customer, id, connectedSince === null ? null : connectedSince + aheadMs),
        ...(readUntil !== undefined && { readUntil: readUntil + aheadMs }),
      }),
    missed: (from: number, to: number, gap = makeMessageId()) =>
      send(gapMessage(world.customer, id, { from: from + aheadMs, to: to + aheadMs, id: gap })),
    infer: (headers: [string, string][], gap: string) =>
      sendToIngest(
        world.stack,
        world.customer,
        eventMessage(world.customer, headers, {
          collector: id,
          receivedAt: world.now() + aheadMs,
          synthetic: { reason: "disconnected", gap },
        }),
      ),
  }
}

type Arrived = Awaited<ReturnType<World["addEndpoint"]>>["arrived"]
const gapsOf = (arrived: Arrived, start: number) =>
  arrived()
    .filter(({ type }) => type === "source.gap")
    .map(({ data }) => [data["from"], data["to"]].map((at) => Date.parse(String(at)) - start))
const inferredOf = (arrived: Arrived) => arrived().filter(({ synthetic }) => synthetic)

/** Both read from the start on; the PBX is killed after 60 s and is back after 70. */
async function killPbx(a: ReturnType<typeof makeCollector>, b: ReturnType<typeof makeCollector>) {
  const start = world.now()
  const at = (seconds: number) => start + seconds * SECOND
  await a.beat(start)
  await b.beat(start)
  await pass(60)
  await a.beat(null)
  await b.beat(null)
  await pass(10)
  await a.beat(at(70))
  await b.beat(at(70))
  const [gapOfA, gapOfB] = [makeMessageId(), makeMessageId()]
  const change = campaignUpdate()
  await a.infer(change, gapOfA)
  await a.missed(at(60), at(70), gapOfA)
  await b.infer(change, gapOfB)
  await b.missed(at(60), at(70), gapOfB)
  await pass(30)
  await a.beat(at(70))
  await b.beat(at(70))
  await pass(300)
  return start
}

describe("twins whose clocks differ", () => {
  for (const [aheadOfA, aheadOfB] of [
    [0, 8],
    [-30, 30],
    [2 * 3600 + 30, 2 * 3600 - 30],
  ] as const) {
    test(`by ${aheadOfB - aheadOfA} s (${aheadOfA} and ${aheadOfB}): what both missed is told once, and what was inferred of it is believed`, async () => {
      const { arrived } = await world.addEndpoint()
      const a = makeCollector("A", aheadOfA * SECOND)
      const start = await killPbx(a, makeCollector("B", aheadOfB * SECOND))
      assert.deepEqual(gapsOf(arrived, start), [[60 * SECOND, 70 * SECOND]])
      assert.equal(inferredOf(arrived).length, 1)
    })
  }

  test("still cover for each other, whichever is ahead", async () => {
    const { arrived } = await world.addEndpoint()
    const [a, b] = [makeCollector("A", -30 * SECOND), makeCollector("B", 30 * SECOND)]
    const start = world.now()
    for (const each of [a, b]) await each.beat(start)
    await pass(60)
    await a.missed(start + 20 * SECOND, start + 40 * SECOND)
    await pass(30)
    await b.beat(start)
    await b.missed(start + 50 * SECOND, start + 70 * SECOND)
    await pass(30)
    await a.beat(start + 40 * SECOND)
    await pass(300)
    assert.deepEqual(gapsOf(arrived, start), [])
  })

  test("by more than two minutes: nobody covers for anybody, and an alarm names the difference", async () => {
    const { arrived } = await world.addEndpoint()
    const [a, b] = [makeCollector("A", 0), makeCollector("B", HOUR)]
    const start = world.now()
    for (const each of [a, b]) await each.beat(start)
    await pass(60)
    await b.beat(start)
    await a.missed(start + 20 * SECOND, start + 40 * SECOND)
    await pass(60)
    assert.deepEqual(gapsOf(arrived, start), [], "what the other heard may be on its way")
    await pass(120)
    assert.deepEqual(gapsOf(arrived, start), [[20 * SECOND, 40 * SECOND]])
    const alarms = lines.filter(({ event }) => event === "clocks.apart")
    assert.deepEqual(
      alarms.map(({ alarm, apartMs, collector, other }) => ({ alarm, apartMs, collector, other })),
      [{ alarm: true, apartMs: HOUR, collector: "A".repeat(22), other: "B".repeat(22) }],
    )
  })

  test("and that do not say so, as older collectors: their clocks count as equal", async () => {
    const { arrived } = await world.addEndpoint()
    const [old, other] = [makeCollector("A", 0, { skew: false }), makeCollector("B", 8 * SECOND)]
    const start = world.now()
    for (const each of [old, other]) await each.beat(start)
    await pass(60)
    await other.beat(start)
    await old.missed(start + 20 * SECOND, start + 40 * SECOND)
    await pass(60)
    assert.deepEqual(gapsOf(arrived, start), [])
    // The newer one's is told by the PBX's clock: its twin is taken to be 8 s ahead too.
    await old.beat(null)
    await other.missed(start + 130 * SECOND, start + 140 * SECOND)
    await pass(300)
    assert.deepEqual(gapsOf(arrived, start), [[130 * SECOND, 140 * SECOND]])
  })
})

test("a twin that speaks has read only as far as it heard the PBX", async () => {
  const { arrived } = await world.addEndpoint()
  const [a, b] = [makeCollector("A", 0), makeCollector("B", 0)]
  const start = world.now()
  for (const each of [a, b]) await each.beat(start)
  await pass(60)
  // The PBX's host is gone since 50 s; the one has noticed it, the other will.
  await b.beat(start, start + 50 * SECOND)
  await a.missed(start + 50 * SECOND, start + 58 * SECOND)
  await pass(10)
  await b.beat(null)
  await pass(300)
  assert.deepEqual(gapsOf(arrived, start), [[50 * SECOND, 58 * SECOND]])
})

test("a twin that has not yet heard the PBX up to the end of a gap is waited for", async () => {
  const { arrived } = await world.addEndpoint()
  const [a, b] = [makeCollector("A", 0), makeCollector("B", 0)]
  const start = world.now()
  for (const each of [a, b]) await each.beat(start)
  await pass(60)
  await b.beat(start, start + 56 * SECOND)
  await a.missed(start + 50 * SECOND, start + 58 * SECOND)
  await pass(30)
  await b.beat(start, start + 86 * SECOND)
  await pass(300)
  assert.deepEqual(gapsOf(arrived, start), [])
})
