import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after, before, beforeEach, describe, test } from "node:test"
import { SendMessageCommand } from "@aws-sdk/client-sqs"
import { Job, formatJob } from "@ringback/functions/messages/job"
import { jobsHandler } from "@ringback/functions/jobs"
import type { IngestMessage } from "@ringback/events/message"
import { findDynoxide } from "@ringback/local/dynoxide-engine"
import { makeContext, makeRecord } from "@ringback/local/lambda"
import * as Delivery from "@ringback/store/delivery"
import { factsOfItem } from "@ringback/store/delivery-facts"
import * as Endpoint from "@ringback/store/endpoint"
import * as Erasure from "@ringback/store/erasure"
import { createEraseJob, makeJobId } from "@ringback/store/job"
import { sendOne } from "@ringback/functions/messages/send"
import * as BreakerState from "@ringback/store/breaker-state"
import * as Health from "@ringback/store/health"
import { dropSlots } from "@ringback/store/rate-slots"
import { parkingShards } from "@ringback/store/due"
import { deliveryRef } from "@ringback/store/keys"
import * as Source from "@ringback/store/source"
import { startApi } from "./api/api.ts"
import { askTwice, walkApi } from "./api/walk.ts"
import { answer, ok } from "./harness/receiver.ts"
import { gapMessage, heartbeat, makeMessageId } from "./harness/heard.ts"
import { recordedClients, startRecordedWorld, type RecordedWorld } from "./harness/recorded.ts"
import { eventMessage, sendToIngest } from "./harness/system.ts"
import { campaignUpdate } from "./harness/world.ts"
import { unequalCalls, writeSeenCalls, type SeenCall } from "./infra/calls.ts"

// Goes every path of every function and notes what is asked of AWS there. test/infra holds the functions' roles to it.

const seen: SeenCall[] = []
let world: RecordedWorld
before(async () => void (world = await startRecordedWorld(seen)))
after(() => world.close())
beforeEach(() => world.begin())

const SECOND = 1000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE

const tenant = () => world.customer.tenant
const table = () => world.deps.table
const setDisabled = (id: string, disabled: boolean) =>
  Endpoint.update(table(), tenant(), id, { disabled })
const statuses = async (endpointId: string) =>
  (await world.deliveries({ endpointId })).map(({ status }) => status)
const counted = (outcome: string) =>
  world.logged
    .filter(({ event }) => event === "batch.ingested")
    .reduce((sum, { fields }) => sum + Number(fields[outcome] ?? 0), 0)

const dialing = (action: string, status: string, resDial: string): [string, string][] => [
  ["Event", `OutDialing${action}`],
  ["Uuid", `dialing of ${tenant()}`],
  ["Status", status],
  ["CampUuid", "c-1"],
  ["ResDial", resDial],
  ["ResHangup", "0"],
  ["TmCreate", "2026-11-22T11:00:00.000000001Z"],
  ["TmUpdate", action === "Create" ? "<unknown>" : "2026-11-22T11:00:09.000000001Z"],
]

/** Answers events of the PBX with that status, what Ringback tells of itself with 204. */
const failsFor = (status: number) =>
  world.receiver.behave(({ webhook }, response) =>
    answer(response, webhook.source === null ? 204 : status),
  )

describe("Ingest", () => {
  const [A, B] = ["A".repeat(22), "B".repeat(22)] as const
  const hear = (message: IngestMessage) => sendToIngest(world.stack, world.customer, message)
  const beat = (collector: string, since: number) =>
    hear(heartbeat(world.customer, collector, since))
  const missed = (collector: string, from: number, to: number, id: string) =>
    hear(gapMessage(world.customer, collector, { from, to, id }))
  const infer = (gap: string) => {
    const synthetic = { reason: "disconnected", gap }
    return hear(eventMessage(world.customer, campaignUpdate(), { synthetic }))
  }
  const pass = async (seconds: number) => {
    for (let left = seconds; left > 0; left -= 30) {
      await world.pump()
      world.advance(30 * SECOND)
    }
    await world.pump()
  }

  test("an event, its copy, one without a time of its own", async () => {
    const { arrived } = await world.addEndpoint()
    const update = campaignUpdate()
    for (const headers of [update, update, [["Event", "OutCampaignDelete"], update[2]!]]) {
      await world.say(headers as [string, string][])
    }
    const duplicates = counted("duplicate")
    await world.pump()
    assert.equal(arrived().length, 2)
    assert.equal(counted("duplicate"), duplicates + 1)
  })

  test("what cannot be read, has no source, or a deleted one", async () => {
    const { source } = world.customer
    const [rejected, discarded] = [counted("rejected"), counted("discarded")]
    const QueueUrl = world.stack.queues.Ingest.url
    await world.stack.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "hello" }))
    const lost = { ...source, source: { ...source.source, id: `src_${"0".repeat(26)}` } }
    const stray = { tenant: tenant(), source: lost }
    await sendToIngest(world.stack, stray, eventMessage(stray, campaignUpdate()))
    await Source.remove(table(), tenant(), source.source.id)
    await world.say()
    await world.pump()
    assert.deepEqual([counted("rejected") - rejected, counted("discarded") - discarded], [2, 1])
  })

  test("an event for an endpoint that is disabled, or was deleted a moment ago", async () => {
    const [disabled, deleted] = [await world.addEndpoint(), await world.addEndpoint()]
    await setDisabled(disabled.id, true)
    await setDisabled(deleted.id, true)
    await world.say()
    await world.pump()
    await Endpoint.remove(table(), tenant(), deleted.id)
    await world.say()
    await world.pump()
    assert.deepEqual(await statuses(disabled.id), ["held", "held"])
    assert.deepEqual((await statuses(deleted.id)).sort(), ["discarded", "held"])
  })

  test("heartbeats, a gap put off and told, what was inferred of it", async () => {
    const { arrived } = await world.addEndpoint()
    const start = world.now()
    const gap = makeMessageId()
    await beat(A, start)
    await beat(B, start)
    await pass(60)
    await infer(gap)
    await missed(A, start + 20 * SECOND, start + 50 * SECOND, gap)
    const deferred = counted("deferred")
    await pass(30)
    assert.ok(counted("deferred") >= deferred + 2)
    await pass(270)
    const told = arrived().map(({ type, synthetic }) => [type, synthetic])
    assert.deepEqual(
      told.toSorted((a, b) => String(a[0]).localeCompare(String(b[0]))),
      [
        ["campaign.updated", true],
        ["source.gap", undefined],
      ],
    )
  })

  test("a call whose end is heard first, for an endpoint that asks for calls", async () => {
    const { arrived } = await world.addEndpoint({ eventTypes: ["call.*"] })
    await world.say(dialing("Create", "0", "0"))
    await world.say(dialing("Delete", "6", "4"))
    await pass(30)
    assert.deepEqual(
      arrived()
        .map(({ type }) => type)
        .sort(),
      ["call.answered", "call.completed", "call.started"],
    )
  })

  test("what was inferred though another collector was there", async () => {
    const { id: endpointId } = await world.addEndpoint()
    const start = world.now()
    const gap = makeMessageId()
    await beat(B, start)
    await pass(90)
    await beat(B, start)
    await infer(gap)
    await missed(A, start + 10 * SECOND, start + 70 * SECOND, gap)
    await pass(120)
    assert.deepEqual(await statuses(endpointId), ["discarded"])
  })
})

describe("Deliver and Release", () => {
  test("an event too large for a message, which is read from the table", async () => {
    const { arrived } = await world.addEndpoint()
    await world.say([...campaignUpdate(), ["Variable", `long=${"x".repeat(100_000)}`]])
    await world.pump()
    assert.equal(arrived().length, 1)
  })

  test("retries, soon and late, and when there are no more", async () => {
    const failing = await world.addEndpoint({ eventTypes: ["campaign.*"] })
    const other = await world.addEndpoint({ eventTypes: ["delivery.exhausted"] })
    failsFor(500)
    await world.say()
    await world.run(world.now() + 60 * MINUTE)
    const [delivery] = (await world.deliveries({ endpointId: failing.id })) as [Delivery.Delivery]
    assert.equal(delivery.attemptCount, 4)
    // The rest of its attempts are no other calls: they are said to be over.
    const facts = factsOfItem(delivery)
    const due = { at: world.now(), nextAt: world.now() }
    for (let turn = delivery.turn; turn < 9; turn++) {
      const attempt = { ...delivery.attempts[0]!, id: `att_${turn}` }
      await Delivery.advance(table(), facts, turn, { status: "pending", attempt, due })
    }
    await world.release()
    assert.deepEqual(await statuses(failing.id), ["failed"])
    assert.equal(other.arrived().length, 1)
  })

  test("an endpoint that is gone", async () => {
    const gone = await world.addEndpoint({ eventTypes: ["campaign.*"] })
    const other = await world.addEndpoint({ eventTypes: ["endpoint.disabled"] })
    failsFor(500)
    await world.say()
    await world.pump()
    failsFor(410)
    await world.say()
    await world.pump()
    assert.deepEqual(await statuses(gone.id), ["held", "held"])
    assert.equal(other.arrived().length, 1)
  })

  test("an endpoint that asks for a pause, one over its rate, one that is slow", async () => {
    const paused = await world.addEndpoint()
    failsFor(429)
    await world.say()
    await world.pump()
    world.receiver.behave(ok)
    const limited = await world.addEndpoint({ rateLimit: 0.1 })
    // One event alone: a second would wait for its slot, and what is done meanwhile might be deleted early.
    const uuid = randomUUID()
    const slow = await world.addEndpoint({ filter: { "data.uuid": [uuid] } })
    await Health.recordSlow(table(), tenant(), slow.id)
    await Health.pause(table(), tenant(), paused.id, world.now() + 60 * MINUTE)
    world.advance(11 * SECOND)
    for (let count = 0; count < 2; count++) await world.say()
    await world.say(campaignUpdate(uuid))
    await world.pump()
    assert.ok((await statuses(paused.id)).includes("pending"))
    assert.deepEqual((await statuses(limited.id)).sort(), ["delivered", "pending", "pending"])
    assert.deepEqual(await statuses(slow.id), ["delivered"])
    await world.run()
    assert.equal(new Set(limited.arrived().map((webhook) => webhook.id)).size, 3)
  })

  test("an endpoint that rests, is probed, wakes, and is awake", async () => {
    const { id, arrived } = await world.addEndpoint()
    await BreakerState.recordFailures(table(), tenant(), id, 20)
    world.advance(3 * MINUTE)
    failsFor(500)
    await world.say()
    await world.pump()
    assert.equal((await Health.get(table(), tenant(), id)).state, "resting")
    for (let count = 0; count < 3; count++) await world.say()
    await world.pump()
    assert.equal(arrived().length, 1)
    world.receiver.behave(ok)
    await world.run()
    assert.deepEqual(await statuses(id), Array(4).fill("delivered"))
    for (let minute = 0; minute < 6; minute++) {
      world.advance(MINUTE)
      await world.release()
    }
    assert.equal((await Health.get(table(), tenant(), id)).state, undefined)
  })

  test("an endpoint that was deleted while its breaker opened, and for which nothing waits", async () => {
    const { id } = await world.addEndpoint()
    await BreakerState.recordFailures(table(), tenant(), id, 20)
    world.advance(3 * MINUTE)
    failsFor(500)
    await world.say()
    await world.pump()
    assert.equal((await Health.get(table(), tenant(), id)).state, "resting")
    await Endpoint.remove(table(), tenant(), id)
    for (let minute = 0; minute < 20; minute++) {
      world.advance(MINUTE)
      await world.release()
    }
    assert.equal((await Health.get(table(), tenant(), id)).state, undefined)
  })

  for (const isProven of [false, true]) {
    const what = isProven ? "though a delivery arrived meanwhile" : "and is disabled for it"
    test(`an endpoint that has failed for five days, ${what}`, async () => {
      const { id } = await world.addEndpoint()
      if (isProven) await world.say()
      await world.pump()
      await BreakerState.recordFailures(table(), tenant(), id, 1)
      if (isProven) await world.say()
      await world.pump()
      world.advance(5.1 * DAY)
      failsFor(500)
      await world.say()
      await world.pump()
      const endpoint = await Endpoint.get(table(), tenant(), id)
      assert.equal(endpoint!.disabled, !isProven)
    })
  }
})

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

test("AdminApi: every operation of the document", async () => {
  const clients = recordedClients(world.stack, seen, "AdminApi")
  const api = await startApi({ stack: world.stack, now: Date.now, clients })
  await askTwice(api)
  await walkApi(api, world)
  clients.close()
})

test("every kind of job was done", () => {
  const kinds = Job.options.map(({ entries }) => entries.kind.literal)
  const pages = world.logged.filter(({ event }) => event === "job.page")
  const done = new Set(pages.map(({ fields }) => fields["kind"]))
  // A notice and a call's end have no pages: they arrived, above.
  assert.deepEqual(done.union(new Set(["notify", "call"])), new Set(kinds))
})

// PartiQL's, as on AWS, which dynalite does not have.
const skip = findDynoxide() ? false : "dynoxide does not run on this platform"
test("test/infra/calls.json is what was seen", { skip }, async () => {
  if (process.env["RINGBACK_WRITE_CALLS"] === "1") await writeSeenCalls(seen)
  const faults = unequalCalls(seen)
  const advice = "If this is meant: RINGBACK_WRITE_CALLS=1 node --test test/calls.test.ts"
  assert.deepEqual(faults, [], [...faults, advice].join("\n"))
})
