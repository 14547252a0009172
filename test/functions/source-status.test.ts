import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { healthOf, SILENT_AFTER_SECONDS } from "@ringback/store/heartbeat"
import * as Source from "@ringback/store/source"
import { heartbeat } from "../harness/heard.ts"
import { sendToIngest } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"

let world: World
before(async () => void (world = await startWorld()))
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
