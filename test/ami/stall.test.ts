import assert from "node:assert/strict"
import { test } from "node:test"
import { StallWatch } from "@ringback/ami/stall"
import { startSession } from "./client-harness.ts"
import { until } from "../harness/until.ts"
import { ManualClock } from "./time.ts"

function startWatch() {
  const clock = new ManualClock()
  const asked: (() => void)[] = []
  return { clock, asked, watch: new StallWatch(clock, (_, done) => void asked.push(done)) }
}

test("a process that stood still is not sure of what it reads until the PBX has answered it anew", () => {
  const { clock, asked, watch } = startWatch()
  clock.advance(10_000)
  const stoodStillAt = clock.now()
  assert.equal(watch.provenUntil(stoodStillAt), stoodStillAt)
  clock.jump(30_000)
  assert.equal(watch.provenUntil(clock.now()), stoodStillAt)
  assert.equal(asked.length, 1)
  asked[0]!()
  assert.equal(watch.provenUntil(clock.now()), clock.now())
})

test("a process that is late by half a second is busy, and has not stood still", () => {
  const { clock, asked, watch } = startWatch()
  clock.advance(10_000)
  clock.jump(1_000)
  assert.equal(asked.length, 0)
  assert.equal(watch.provenUntil(clock.now()), clock.now())
  clock.jump(1_001)
  assert.equal(asked.length, 1)
})

test("an answer to what was asked before a second standstill proves nothing of that one", () => {
  const { clock, asked, watch } = startWatch()
  clock.advance(10_000)
  const stoodStillAt = clock.now()
  clock.jump(5_000)
  clock.jump(5_000)
  asked[0]!()
  assert.equal(watch.provenUntil(clock.now()), stoodStillAt)
  asked[1]!()
  assert.equal(watch.provenUntil(clock.now()), clock.now())
})

test("what waited while this process stood still begins the gap where the standstill began", async (t) => {
  const { pbx, clock, client, seen } = await startSession(t)
  clock.advance(1_000)
  const stoodStillAt = clock.now()
  // Time passes before anything of the socket can be read.
  clock.jump(60_000)
  for (const socket of pbx.sockets) socket.end("Event: OutPlanCreate\r\nUuid: 1\r\n\r\n\r\n")
  await until(() => client.state.name === "waiting")
  assert.equal(seen.messages.length, 1)
  assert.equal(client.state.lastReadAt, stoodStillAt)
})
