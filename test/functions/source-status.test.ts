import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { healthOf, SILENT_AFTER_SECONDS } from "@ringback/store/heartbeat"
import * as Source from "@ringback/store/source"
import { heartbeat } from "../harness/heard.ts"
import { sendToIngest } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"

let world: World
const lines: Record<string, unknown>[] = []
const log = (event: string, fields: Record<string, unknown>) =>
  void lines.push({ event, ...fields })
before(async () => void (world = await startWorld({ log })))
after(() => world.close())
beforeEach(() => world.begin())

const MINUTE = 60_000
const A = "A".repeat(22)

async function health() {
  const { tenant, source } = world.customer
  const found = await Source.get(world.deps.table, tenant, source.source.id, { consistent: true })
  return healthOf(found!, world.now())
}

/** A heartbeat of a collector whose clock is that far ahead. */
function beat(aheadMs: number) {
  const at = world.now() + aheadMs
  return sendToIngest(world.stack, world.customer, {
    ...heartbeat(world.customer, A, at - MINUTE),
    receivedAt: at,
  })
}

for (const aheadMs of [-4 * MINUTE, 10 * MINUTE]) {
  test(`a source goes by the queue's clock where its collector's is ${aheadMs} ms ahead`, async () => {
    const sentAt = world.now()
    await beat(aheadMs)
    // Ingest is late, which is no sign of life.
    world.advance(MINUTE)
    await world.pump()
    const { status, lastSeenAt } = await health()
    assert.equal(status, "connected")
    assert.ok(Math.abs(lastSeenAt! - sentAt) < 1000, `heard ${lastSeenAt! - sentAt} ms off`)
    world.advance(SILENT_AFTER_SECONDS * 1000 - MINUTE + 1000)
    assert.equal((await health()).status, "silent")
  })
}

test("heartbeats beside the regular ones are recorded, and counted apart from them", async () => {
  lines.length = 0
  const { customer, stack } = world
  const marks = [{ extra: true as const }, {}, { extra: true as const }, { run: "r", number: 0 }]
  for (const mark of marks) {
    const message = { ...heartbeat(customer, A, world.now()), receivedAt: world.now(), ...mark }
    await sendToIngest(stack, customer, message)
    await world.pump()
    assert.equal((await health()).lastSeenAt, world.now())
    world.advance(10)
  }
  const counts = lines.filter(({ event }) => event === "batch.ingested")
  const sum = (name: string) => counts.reduce((all, line) => all + Number(line[name] ?? 0), 0)
  assert.deepEqual([sum("heartbeat"), sum("extra"), sum("records")], [2, 2, 4])
})
