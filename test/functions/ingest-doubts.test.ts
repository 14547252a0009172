import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import type { SQSEvent } from "aws-lambda"
import { PurgeQueueCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs"
import { ingestHandler } from "@ringback/functions/ingest"
import { sealMessage, type EventMessage, type IngestMessage } from "@ringback/events/message"
import { formatMillis } from "@ringback/events/stamp"
import { makeContext } from "@ringback/local/lambda"
import * as Endpoint from "@ringback/store/endpoint"
import * as Source from "@ringback/store/source"
import { gapMessage, heartbeat, makeMessageId } from "../harness/heard.ts"
import { countedClients, total, type Counts } from "../harness/counted.ts"
import { letReadsLag } from "../harness/lagging.ts"
import { startQueueProxy } from "../harness/queue-proxy.ts"
import { makeClients } from "../harness/stack.ts"
import { eventMessage, makeDeps, type Deps } from "../harness/system.ts"
import { campaignUpdate, startWorld, type World } from "../harness/world.ts"

// What the ingest function does not take for granted.

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(async () => {
  await world.begin()
  const QueueUrl = world.stack.queues.Ingest.url
  await world.stack.sqs.send(new PurgeQueueCommand({ QueueUrl }))
})

const A = "A".repeat(22)
const B = "B".repeat(22)

async function ingest(
  messages: IngestMessage[],
  {
    deps = world.deps,
    key = world.customer.source.key,
    attributes = {},
    MessageGroupId,
  }: {
    deps?: Deps
    key?: Source.KeyedSource["key"]
    attributes?: Record<string, { stringValue: string }>
    MessageGroupId?: string
  } = {},
) {
  const Records = messages.map((message, index) => ({
    messageId: String(index),
    body: sealMessage(message, key),
    attributes: { ApproximateReceiveCount: "1", MessageGroupId },
    messageAttributes: attributes,
  }))
  return ingestHandler(deps)({ Records } as unknown as SQSEvent, makeContext(30_000))
}

const anEvent = (rest: Partial<EventMessage> = {}) =>
  eventMessage(world.customer, campaignUpdate(), rest)
const none = { batchItemFailures: [] }

describe("a source whose key was rotated a moment ago", () => {
  test("is read again, and consistently, before what the new key signed is called forged", async () => {
    const { arrived } = await world.addEndpoint()
    const { tenant, source } = world.customer
    const counts: Counts = {}
    const clients = countedClients(world.stack, counts, "ingest")
    letReadsLag(clients.dynamodb)
    const deps = makeDeps(world.stack, { now: world.now, clients })
    const readsOf = async (run: Promise<unknown>) => {
      const before = total(counts, "dynamodb", /Get|Query/)
      await run
      return total(counts, "dynamodb", /Get|Query/) - before
    }
    await ingest([anEvent()], { deps })
    const { table } = world.deps
    const rotated = await Source.rotate(
      table,
      (await Source.get(table, tenant, source.source.id))!,
      0,
    )
    const again = await readsOf(ingest([anEvent()], { deps, key: rotated!.key }))
    // What was read again is remembered: the next one costs no further read.
    const next = await readsOf(ingest([anEvent()], { deps, key: rotated!.key }))
    assert.equal(next, again - 1)
    await world.pump()
    assert.equal(arrived().length, 3)
    clients.close()
  })
})

describe("an endpoint that was enabled a moment ago", () => {
  test("is read consistently before anything is held for it", async () => {
    const { id, arrived } = await world.addEndpoint()
    const { tenant } = world.customer
    const set = (disabled: boolean) => Endpoint.update(world.deps.table, tenant, id, { disabled })
    await set(true)
    world.advance(11_000)
    const clients = makeClients(world.stack)
    letReadsLag(clients.dynamodb)
    const deps = makeDeps(world.stack, { now: world.now, clients })
    await Endpoint.get(deps.table, tenant, id)
    await deps.endpoints.get(tenant, () => Endpoint.list(deps.table, tenant))
    await set(false)
    await ingest([anEvent()], { deps })
    await world.pump()
    assert.equal(arrived().length, 1)
    clients.close()
  })
})

describe("a message of which two events are made", () => {
  test("comes again where one of them could not be sent", async (t) => {
    const { arrived } = await world.addEndpoint({ eventTypes: ["source.gap"] })
    const { customer } = world
    const start = world.now()
    // B read between 40 and 60 s: of A's gap two pieces are left.
    await ingest([heartbeat(customer, A, start)])
    world.advance(60_000)
    await ingest([{ ...heartbeat(customer, B, start + 40_000) }])
    world.advance(60_000)
    await ingest([
      gapMessage(customer, B, { from: start + 60_000, to: start + 110_000, id: makeMessageId() }),
    ])
    await ingest([heartbeat(customer, B, start + 110_000)])
    const proxy = await startQueueProxy(world.stack.queues.Delivery.url)
    const clients = makeClients({
      sqsUrl: new URL(proxy.url).origin,
      dynamodbUrl: world.stack.dynamodbUrl,
    })
    t.after(async () => {
      clients.close()
      await proxy.close()
    })
    const deps = makeDeps(world.stack, { now: world.now, clients })
    let count = 0
    proxy.judge = ({ MessageBody }) => {
      if (!MessageBody.includes("source.gap") || ++count !== 2) return undefined
      return { Code: "InternalError", SenderFault: false }
    }
    const gap = gapMessage(customer, A, { from: start + 20_000, to: start + 100_000 })
    const answered = await ingest([gap], { deps, attributes: { holds: { stringValue: "6" } } })
    assert.equal(count, 2)
    assert.deepEqual(answered, { batchItemFailures: [{ itemIdentifier: "0" }] })
    assert.deepEqual(await ingest([gap], { attributes: { holds: { stringValue: "6" } } }), none)
    await world.pump()
    const iso = (seconds: number) => formatMillis(start + seconds * 1000)
    assert.deepEqual(
      [...new Set(arrived().map(({ data }) => `${data["from"]} ${data["to"]}`))].sort(),
      [`${iso(20)} ${iso(40)}`, `${iso(60)} ${iso(100)}`],
    )
  })
})

describe("how often a message was put off, which nobody signs", () => {
  for (const [said, next] of [
    ["-1000", "1"],
    ["2", "3"],
  ] as const) {
    test(`${said} is ${next} the next time`, async () => {
      const message = anEvent({ synthetic: { reason: "disconnected", gap: makeMessageId() } })
      const attributes = { holds: { stringValue: said } }
      await ingest([message], { attributes, MessageGroupId: "a source" })
      world.advance(29_000)
      const receive = async () =>
        (
          await world.stack.sqs.send(
            new ReceiveMessageCommand({
              QueueUrl: world.stack.queues.Ingest.url,
              MessageAttributeNames: ["All"],
              MessageSystemAttributeNames: ["MessageGroupId"],
            }),
          )
        ).Messages ?? []
      assert.deepEqual(await receive(), [])
      world.advance(1_500)
      const [held] = await receive()
      assert.equal(held!.Attributes!.MessageGroupId, "a source")
      assert.equal(held!.MessageAttributes!["holds"]!.StringValue, next)
    })
  }

  test("is at most fourteen times: then what was inferred goes out", async () => {
    const { arrived } = await world.addEndpoint()
    const synthetic = { reason: "disconnected", gap: makeMessageId() }
    await ingest([anEvent({ synthetic })], { attributes: { holds: { stringValue: "13" } } })
    await ingest([anEvent({ synthetic })], { attributes: { holds: { stringValue: "14" } } })
    await world.pump()
    assert.equal(arrived().length, 1)
    assert.equal(arrived()[0]!.synthetic, true)
  })
})
