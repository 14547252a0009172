import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { formatJob } from "@ringback/functions/messages/job"
import { jobsHandler } from "@ringback/functions/jobs"
import { makeContext, makeRecord } from "@ringback/local/lambda"
import * as Delivery from "@ringback/store/delivery"
import * as Endpoint from "@ringback/store/endpoint"
import * as Erasure from "@ringback/store/erasure"
import { createEraseJob, makeJobId } from "@ringback/store/job"
import { sendOne } from "@ringback/functions/messages/send"
import { dropSlots } from "@ringback/store/rate-slots"
import { parkingShards } from "@ringback/store/due"
import { deliveryRef } from "@ringback/store/item-keys"
import { world, tenant, table, statuses, dialing, failsFor } from "./recorded.ts"

const SECOND = 1000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE

describe("Jobs", () => {
  test("what waits for a slot of a rate that was changed", async () => {
    const { id: endpointId, arrived } = await world.addEndpoint({ rateLimit: 0.001 })
    for (let count = 0; count < 4; count++) await world.say()
    await world.pump()
    await Endpoint.update(table(), tenant(), endpointId, { rateLimit: 100 })
    await dropSlots(table(), tenant(), endpointId)
    const { body } = formatJob({ v: 1, kind: "spread", tenant: tenant(), endpointId })
    const record = makeRecord({ MessageId: "m", Body: body }, world.stack.queues.Jobs.url)
    await jobsHandler(world.of.Jobs)({ Records: [record] }, makeContext(MINUTE))
    world.advance(11 * SECOND)
    await world.release()
    assert.equal(arrived().length, 4)
  })

  test("what nobody fetched, and what is left of a pull endpoint that is gone", async () => {
    const { id } = await world.addEndpoint({ url: null, pull: true })
    await world.say()
    await world.pump()
    for (let day = 0; day < 30; day++) {
      world.advance(DAY)
      await world.release()
    }
    assert.deepEqual(await statuses(id), ["failed"])
    assert.ok(world.logged.some(({ fields }) => fields["kind"] === "expire"))
    await Endpoint.remove(table(), tenant(), id)
    world.advance(DAY)
    await world.release()
  })

  test("somebody who is erased, of whom there is an event, a record, a failed and a held delivery", async () => {
    await world.addEndpoint({ eventTypes: ["*"] })
    const held = await world.addEndpoint({ eventTypes: ["*"], disabled: true })
    failsFor(500)
    const row: [string, string][] = [
      ["Event", "OutDlListCreate"],
      ["Uuid", `row of ${tenant()}`],
      ["UKey", "10042"],
    ]
    await world.say(row)
    await world.say([...dialing("Create", "0", "0"), ["DlListUuid", row[1]![1]]])
    await world.pump()
    const contactKeyHash = Erasure.hashOfName("contactKey", "10042")
    const job = { id: makeJobId(table()), tenant: tenant(), contactKeyHash }
    await createEraseJob(table(), job)
    await sendOne(
      world.stack.sqs,
      world.stack.queues.Jobs.url,
      formatJob({ v: 1, kind: "forget", tenant: tenant(), jobId: job.id }),
    )
    for (let round = 0; round < 6; round++) {
      await world.pump()
      world.advance(15 * SECOND)
    }
    assert.ok((await statuses(held.id)).every((status) => status === "discarded"))
    await world.say(row)
    await world.pump()
  })

  test("all that a deleted tenant had", async () => {
    const { id: endpointId } = await world.addEndpoint()
    await world.say()
    await world.pump()
    assert.equal((await world.deliveries({ endpointId })).length, 1)
    const job = formatJob({ v: 1, kind: "erase", tenant: tenant() })
    await sendOne(world.stack.sqs, world.stack.queues.Jobs.url, job)
    for (let round = 0; round < 12; round++) {
      await world.pump()
      world.advance(15 * SECOND)
    }
    assert.deepEqual(await world.deliveries({ endpointId }), [])
  })

  test("a job that needs another page than time allows", async () => {
    const { id: endpointId } = await world.addEndpoint()
    const [shard] = parkingShards(endpointId) as [string]
    const at = world.now()
    for (let count = 0; count < 20; count++) {
      const ref = deliveryRef("evt_x", endpointId, at, `${count}`)
      const facts = { tenant: tenant(), ref, endpointId, eventId: "evt_x", eventType: "x" }
      const due = { at, nextAt: at, shard }
      await Delivery.advance(table(), facts, 0, { status: "pending", due })
    }
    const { body } = formatJob({ v: 1, kind: "wake", tenant: tenant(), endpointId })
    const record = makeRecord({ MessageId: "m", Body: body }, world.stack.queues.Jobs.url)
    await jobsHandler(world.of.Jobs)({ Records: [record] }, makeContext(SECOND))
    world.advance(11 * SECOND)
    await world.pump()
    const pages = world.logged.filter(({ event }) => event === "job.page").slice(-2)
    assert.deepEqual(
      pages.map(({ fields }) => fields["isDone"]),
      [false, true],
    )
  })
})
