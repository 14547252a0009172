import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import type { HeartbeatMessage, IngestMessage } from "@ringback/events/message"
import { gapMessage, heartbeat } from "../harness/heard.ts"
import { sendToIngest } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const SECOND = 1_000
const A = "A".repeat(22)
const B = "B".repeat(22)

const send = (message: IngestMessage) => sendToIngest(world.stack, world.customer, message)
const beat = (
  collector: string,
  connectedSince: number | null,
  rest: Partial<HeartbeatMessage> = {},
) => send({ ...heartbeat(world.customer, collector, connectedSince), ...rest })

async function pass(seconds: number) {
  for (let left = seconds; left > 0; left -= 10) {
    await world.pump()
    world.advance(Math.min(left, 10) * SECOND)
  }
  await world.pump()
}

const iso = (ms: number) => `${new Date(ms).toISOString().slice(0, -1)}000000Z`
type Arrived = Awaited<ReturnType<World["addEndpoint"]>>["arrived"]
const told = (arrived: Arrived) =>
  arrived().map(({ type, data }) => [type, data["from"], data["to"]])

test("a twin whose spool was full covers nothing of that while, although its session held and its report comes late", async () => {
  const { arrived } = await world.addEndpoint()
  const start = world.now()
  await beat(A, start)
  await beat(B, start)
  await pass(30)
  // B refuses from 30 to 40 s what it reads; A is away from 20 to 50 s.
  await beat(B, null, { readBefore: [start, start + 30 * SECOND] })
  await pass(20)
  await beat(A, start + 50 * SECOND)
  await send(gapMessage(world.customer, A, { from: start + 20 * SECOND, to: start + 50 * SECOND }))
  await beat(B, start + 40 * SECOND)
  await pass(180)
  const both = [["source.gap", iso(start + 30 * SECOND), iso(start + 40 * SECOND)]]
  assert.deepEqual(told(arrived), both)
  // Its report stood behind all that the spool was full of. It says nothing new.
  const loss = { from: start + 30 * SECOND, to: start + 40 * SECOND, reason: "spool-full" }
  await send(gapMessage(world.customer, B, loss))
  await pass(180)
  assert.deepEqual(told(arrived), both)
})

test("a twin that lost its session since then still covers what it had read before", async () => {
  const { arrived } = await world.addEndpoint()
  const start = world.now()
  await beat(A, start)
  await beat(B, start)
  await pass(30)
  // A is away from 20 to 25 s; B was last heard at 0 s, read up to 28 s and stays away.
  await beat(B, null, { readBefore: [start, start + 28 * SECOND] })
  await send(gapMessage(world.customer, A, { from: start + 20 * SECOND, to: start + 25 * SECOND }))
  await pass(300)
  assert.deepEqual(told(arrived), [])
})
