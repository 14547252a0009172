import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { recoverPage } from "@ringback/functions/jobs/recover"
import { releaseHandler } from "@ringback/functions/release"
import { makeContext } from "@ringback/local/lambda"
import { createJob } from "@ringback/store/job"
import { pump } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())

const EVENTS = 10

async function drain(queue: "Ingest" | "Retry" | "Delivery") {
  while ((await pump(world.stack, world.deps, queue)) > 0);
}

async function recover(endpointId: string) {
  const { tenant } = world.customer
  const { table } = world.deps
  const job = await createJob(table, {
    tenant,
    endpointId,
    since: world.now() - 3_600_000,
    until: world.now(),
    statuses: ["failed", "held"],
  })
  await recoverPage(table, { v: 1, kind: "recover", tenant, jobId: job.id })
  world.advance(5_000)
  await releaseHandler(world.deps)({ windowMs: 60_000 }, makeContext(300_000))
  await drain("Retry")
}

test("a recovery sends nothing twice whose first message is still in its queue", async () => {
  for (const waitsMs of [0, 80_000]) {
    await world.begin()
    const { id, arrived } = await world.addEndpoint()
    world.advance(12_000)
    for (let event = 0; event < EVENTS; event++) await world.say()
    await drain("Ingest")
    world.advance(waitsMs)
    await recover(id)
    // What has waited for long is sent by the recovery, and its first message is void then.
    assert.equal(arrived().length, waitsMs === 0 ? 0 : EVENTS)
    world.advance(20_000)
    await drain("Delivery")
    assert.equal(arrived().length, EVENTS)
  }
})
