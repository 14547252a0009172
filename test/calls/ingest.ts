import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { SendMessageCommand } from "@aws-sdk/client-sqs"
import type { IngestMessage } from "@ringback/events/message"
import * as Endpoint from "@ringback/store/endpoint"
import * as Source from "@ringback/store/source"
import { gapMessage, heartbeat, makeMessageId } from "../harness/heard.ts"
import { eventMessage, sendToIngest } from "../harness/system.ts"
import { campaignUpdate } from "../harness/world.ts"
import { world, tenant, table, statuses, dialing } from "./recorded.ts"

const SECOND = 1000

const setDisabled = (id: string, disabled: boolean) =>
  Endpoint.update(table(), tenant(), id, { disabled })

const counted = (outcome: string) =>
  world.logged
    .filter(({ event }) => event === "batch.ingested")
    .reduce((sum, { fields }) => sum + Number(fields[outcome] ?? 0), 0)

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
