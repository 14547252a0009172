import assert from "node:assert/strict"
import { test } from "node:test"
import type { AmiMessage } from "@ringback/ami/message"
import { header } from "@ringback/ami/message"
import { PeerClock } from "@ringback/ami/peer-clock"
import { TUNING } from "@ringback/ami/tuning"
import { startSession } from "./client-harness.ts"
import type { Reply } from "./pbx.ts"
import { until } from "../harness/until.ts"

const START = Date.parse("2026-11-22T12:00:00Z")

const pongAt = (ms: number): AmiMessage => ({
  kind: "response",
  name: "Success",
  headers: [
    ["Response", "Success"],
    ["Ping", "Pong"],
    ["Timestamp", (ms / 1_000).toFixed(6)],
  ],
})

test("a peer's clock is known to half of the quickest round trip", () => {
  const clock = new PeerClock()
  assert.equal(clock.skewMs, null)
  // Ours is 8 s ahead; the first answer took 400 ms there and none back.
  clock.note(pongAt(START + 400), START + 8_000, START + 8_400)
  assert.equal(clock.skewMs, 7_800)
  clock.note(pongAt(START + 5_002), START + 13_000, START + 13_004)
  assert.equal(clock.skewMs, 8_000)
  clock.note(pongAt(START + 10_900), START + 18_000, START + 18_900)
  assert.equal(clock.skewMs, 8_000, "a slow answer that agrees is no better")
})

test("a clock that is set, or drifts, is noticed at the next answer that cannot be of the old one", () => {
  const clock = new PeerClock()
  clock.note(pongAt(START), START, START + 2)
  clock.note(pongAt(START + 5_000), START + 5_000 - 30_000, START + 5_100 - 30_000)
  assert.equal(clock.skewMs, -29_950)
})

test("an answer without a time, or from before our own clock was set back, says nothing", () => {
  const clock = new PeerClock()
  clock.note({ ...pongAt(START), headers: [["Response", "Success"]] }, START, START + 2)
  clock.note(pongAt(START), START, START - 1_000)
  assert.equal(clock.skewMs, null)
})

test("every ping of a session measures the clock, from when it was sent to when its answer was read", async (t) => {
  const asked: Reply[] = []
  const onAction = (action: AmiMessage, reply: Reply) =>
    header(action, "Action") === "Ping" && asked.push(reply) > 0
  const peerClock = new PeerClock()
  const { clock, client } = await startSession(t, { onAction }, { peerClock })
  const answer = async (count: number, aheadMs: number, tookMs: number) => {
    await until(() => asked.length === count)
    const Timestamp = ((clock.now() - aheadMs + tookMs / 2) / 1_000).toFixed(6)
    clock.advance(tookMs)
    asked[count - 1]!.respond("Success", { Ping: "Pong", Timestamp })
  }
  const [first, second] = [client.send({ Action: "Ping" }), client.send({ Action: "Ping" })]
  await answer(1, 8_000, 200)
  await first
  assert.equal(peerClock.skewMs, 8_000)
  // The second was not written before the first was answered.
  await answer(2, 8_010, 20)
  await second
  assert.equal(peerClock.skewMs, 8_010)
  clock.advance(TUNING.pingIntervalMs - 220)
  await answer(3, -30_000, 100)
  await until(() => peerClock.skewMs === -30_000)
})
