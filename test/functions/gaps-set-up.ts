import { after, before, beforeEach } from "node:test"
import type { IngestMessage } from "@ringback/events/message"
import { gapMessage, heartbeat, makeMessageId } from "../harness/heard.ts"
import { sendToIngest } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"

export let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

export const SECOND = 1000
export const A = "A".repeat(22)
export const B = "B".repeat(22)

export const send = (message: IngestMessage) => sendToIngest(world.stack, world.customer, message)
export const beat = (collector: string, connectedSince: number | null) =>
  send(heartbeat(world.customer, collector, connectedSince))
export const missed = (
  collector: string,
  from: number,
  to: number,
  id = makeMessageId(),
  reason = "disconnected",
) => send(gapMessage(world.customer, collector, { from, to, id, reason }))

/** Lets so many seconds pass, with what the queues do in them. */
export async function pass(seconds: number) {
  for (let left = seconds; left > 0; left -= 30) {
    await world.pump()
    world.advance(Math.min(left, 30) * SECOND)
  }
  await world.pump()
}
