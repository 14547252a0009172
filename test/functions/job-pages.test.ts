import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import pMap from "p-map"
import type { SQSEvent } from "aws-lambda"
import { jobsHandler } from "@ringback/functions/jobs"
import { recoverPage } from "@ringback/functions/jobs/recover"
import { spreadPage } from "@ringback/functions/jobs/spread"
import { formatJob, parseJob, type Job } from "@ringback/functions/messages/job"
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs"
import * as Delivery from "@ringback/store/delivery"
import { factsOfItem } from "@ringback/store/delivery-facts"
import * as Endpoint from "@ringback/store/endpoint"
import * as Event from "@ringback/store/event"
import { createJob, JOB_LEASE_MS, recoverLease } from "@ringback/store/job"
import * as Lease from "@ringback/store/lease"
import { hashOf } from "@ringback/store/item-keys"
import { startWorld, type World } from "../harness/world.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const table = () => world.deps.table
const tenant = () => world.customer.tenant

/** One invocation that has time for so many pages; the messages that it put into its queue. */
async function invokeOnce(job: Job, pages = 1): Promise<Job[]> {
  return invokeWith(job, () => (--pages > 0 ? 60_000 : 0))
}

async function invokeWith(job: Job, getRemainingTimeInMillis: () => number): Promise<Job[]> {
  const record = { messageId: "m", body: formatJob(job).body, attributes: {} }
  const event = { Records: [record] } as unknown as SQSEvent
  const context = { getRemainingTimeInMillis }
  assert.deepEqual(await jobsHandler(world.deps)(event, context), { batchItemFailures: [] })
  const { Messages = [] } = await world.stack.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: world.stack.queues.Jobs.url, MaxNumberOfMessages: 10 }),
  )
  return Messages.map(({ Body }) => parseJob(Body!))
}

const range = (endpointId: string, statuses: ("failed" | "held")[] = ["failed", "held"]) => ({
  tenant: tenant(),
  endpointId,
  since: world.now() - 3600_000,
  until: world.now() + 3600_000,
  statuses,
})

const recover = (jobId: string) => ({
  v: 1 as const,
  kind: "recover" as const,
  tenant: tenant(),
  jobId,
})

/** An endpoint for which two pages of events are missing, and the job that recovers them. */
async function twoPages() {
  const { id } = await world.addEndpoint()
  const claimOne = (index: number) =>
    Event.claim(table(), {
      tenant: tenant(),
      timeNanos: BigInt(world.now() - index) * 1_000_000n,
      hash: hashOf("page", index),
      type: "plan.created",
      source: null,
      uuid: null,
      message: `m${index}`,
      receivedAt: world.now() - index,
      content: { data: "{}" },
    })
  await pMap([...Array(150).keys()], claimOne, { concurrency: 25 })
  // Until then their first messages may be under way.
  world.advance(75_000)
  return { id, job: await createJob(table(), range(id)) }
}

describe("a job of more pages than an invocation has time for", () => {
  test("does them one after the other while there is time", async () => {
    const { id, job } = await twoPages()
    assert.deepEqual(await invokeOnce(recover(job.id), 10), [])
    assert.equal((await world.deliveries({ endpointId: id })).length, 150)
  })

  test("goes on where it was: each invocation does another page", async () => {
    const { id, job } = await twoPages()
    const [second, ...more] = await invokeOnce(recover(job.id))
    assert.deepEqual(more, [])
    assert.ok(second?.kind === "recover" && second.place !== undefined)
    assert.equal((await world.deliveries({ endpointId: id })).length, 100)
    assert.deepEqual(await invokeOnce(second), [])
    assert.equal((await world.deliveries({ endpointId: id })).length, 150)
    // Fifty a second, over both pages.
    const times = (await world.deliveries({ endpointId: id })).map(({ nextAt }) => nextAt!)
    assert.deepEqual(
      times.map((at) => at - world.now()).sort((a, b) => a - b),
      Array.from({ length: 150 }, (_, index) => index * 20),
    )
  })
})

test("a job of slow pages does not begin one that would not fit, and is not done again from the start", async () => {
  const { id, job } = await twoPages()
  // A page takes 30 of 60 s, and the next one would be cut off.
  const left = [60_000, 30_000]
  const [second] = await invokeWith(recover(job.id), () => left.shift() ?? 0)
  assert.ok(second?.kind === "recover" && second.place !== undefined)
  assert.equal((await world.deliveries({ endpointId: id })).length, 100)
  const forAll = [60_000, 59_000]
  assert.deepEqual(await invokeWith(recover(job.id), () => forAll.shift() ?? 58_000), [])
})

test("a job goes behind those that wait after two seconds, with the rest of its pages", async () => {
  const { id, job } = await twoPages()
  const left = [60_000, 58_000]
  const [second] = await invokeWith(recover(job.id), () => left.shift() ?? 0)
  assert.ok(second?.kind === "recover" && second.place !== undefined)
  assert.equal((await world.deliveries({ endpointId: id })).length, 100)
})

describe("recover", () => {
  test("is one of an endpoint at a time: until its last page, and not longer", async () => {
    const { job } = await twoPages()
    const own = recoverLease(job)
    const limits = { limit: 8, leaseMs: JOB_LEASE_MS }
    const other = { ...own, owner: "another job" }
    assert.equal((await Lease.take(table(), own, limits)).outcome, "taken")
    world.advance(JOB_LEASE_MS - 1_000)
    const [second] = await invokeOnce(recover(job.id))
    world.advance(2_000)
    assert.deepEqual(await Lease.take(table(), other, limits), { outcome: "busy", owner: job.id })
    assert.deepEqual(await invokeOnce(second!), [])
    assert.equal((await Lease.take(table(), other, limits)).outcome, "taken")
  })

  test("sends once what fails again: the job that sent it is on record", async () => {
    const { id, arrived } = await world.addEndpoint()
    await world.say()
    await world.pump()
    const fail = async () => {
      const [delivery] = (await world.deliveries({ endpointId: id })) as [Delivery.Delivery]
      const facts = factsOfItem(delivery)
      await Delivery.advance(table(), facts, delivery.turn, { status: "failed" })
      return (await world.deliveries({ endpointId: id }))[0]!
    }
    await fail()
    const job = await createJob(table(), range(id))
    await recoverPage(table(), recover(job.id))
    assert.equal((await world.deliveries({ endpointId: id }))[0]!.status, "pending")
    const failed = await fail()
    assert.equal(failed.job, job.id)
    await recoverPage(table(), recover(job.id))
    assert.deepEqual((await world.deliveries({ endpointId: id }))[0], failed)
    assert.equal(arrived().length, 1)
  })

  test("sends nothing to an endpoint that is disabled or deleted meanwhile", async () => {
    const { id } = await world.addEndpoint()
    await Endpoint.update(table(), tenant(), id, { disabled: true })
    world.advance(11_000)
    await world.say()
    await world.pump()
    const job = await createJob(table(), range(id))
    const held = await world.deliveries({ endpointId: id })
    assert.equal(await recoverPage(table(), recover(job.id)), undefined)
    assert.deepEqual(await world.deliveries({ endpointId: id }), held)
    await Endpoint.update(table(), tenant(), id, { disabled: false })
    await Endpoint.remove(table(), tenant(), id)
    assert.equal(await recoverPage(table(), recover(job.id)), undefined)
    assert.deepEqual(await world.deliveries({ endpointId: id }), held)
    assert.equal(await recoverPage(table(), recover("job_none")), undefined)
  })
})

describe("spread", () => {
  test("gives the first slot to what has waited longest, and leaves alone what has no slot", async () => {
    const { id } = await world.addEndpoint({ rateLimit: 0.0005 })
    for (let count = 0; count < 4; count++) {
      await world.say()
      await world.pump()
      world.advance(1000)
    }
    await Endpoint.update(table(), tenant(), id, { rateLimit: 0.001 })
    const job = { v: 1, kind: "spread", tenant: tenant(), endpointId: id } as const
    const slots = async () =>
      (await world.deliveries({ endpointId: id })).map(({ slot }) => slot).toReversed()
    const [first, ...before] = await slots()
    assert.equal(first, undefined)
    assert.equal(await spreadPage(world.deps, job), undefined)
    const [still, ...after] = await slots()
    assert.equal(still, undefined)
    assert.equal(after.length, 3)
    assert.deepEqual(
      after.toSorted((a, b) => a! - b!),
      after,
      "oldest first",
    )
    assert.notDeepEqual(after, before)
    assert.deepEqual([after[1]! - after[0]!, after[2]! - after[1]!], [1_000_000, 1_000_000])
    for (const { status, turn, nextAt, dueAt, slot } of await world.deliveries({ endpointId: id }))
      if (slot !== undefined)
        assert.deepEqual([status, turn, nextAt, dueAt], ["pending", 2, slot, slot])
  })
})
