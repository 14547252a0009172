import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { after, before, test } from "node:test"
import { PutItemCommand, ScanCommand, type AttributeValue } from "@aws-sdk/client-dynamodb"
import { ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs"
import { unmarshall } from "@aws-sdk/util-dynamodb"
import { openMessage, sealMessage } from "@ringback/events/message"
import { parseDelivery } from "@ringback/functions/messages/delivery"
import { parseJob } from "@ringback/functions/messages/job"
import * as ApiKey from "@ringback/store/api-key"
import { listDeliveries } from "@ringback/store/delivery-list"
import * as Endpoint from "@ringback/store/endpoint"
import * as Event from "@ringback/store/event"
import { listEvents } from "@ringback/store/event-list"
import * as Health from "@ringback/store/health"
import * as Source from "@ringback/store/source"
import { Webhook } from "standardwebhooks"
import { readDeliveryAs010, readItemAs010 } from "./fixtures/release-0.1.0/schemas.ts"
import { answer } from "./harness/receiver.ts"
import { pump } from "./harness/system.ts"
import { campaignUpdate, startWorld, type World } from "./harness/world.ts"

// A table and queues as 0.1.0 left them, in the middle of its work.
type Fixture = {
  at: number
  tenant: string
  ids: { ok: string; bad: string; held: string; source: string }
  secret: string
  receiverUrl: string
  apiKey: string
  dataKey: string
  messages: { Ingest: string[]; Delivery: string[]; Jobs: string[] }
  items: Record<string, AttributeValue>[]
}

const fixture = JSON.parse(
  readFileSync(new URL("fixtures/release-0.1.0/data.json", import.meta.url), "utf8"),
  (_, value) => (value?.$base64 === undefined ? value : Buffer.from(value.$base64, "base64")),
) as Fixture

let world: World
const named: { pk: string; sk: string }[] = []
before(async () => {
  world = await startWorld({ dataKey: Buffer.from(fixture.dataKey, "base64") })
  Object.assign(world.deps.table, { onUnreadable: (place: (typeof named)[0]) => named.push(place) })
  world.advance(fixture.at - world.now())
  for (const Item of fixture.items) await put(Item)
  // The receiver listens somewhere else today.
  for (const id of [fixture.ids.ok, fixture.ids.bad]) {
    const { table } = world.deps
    const { url } = (await Endpoint.get(table, fixture.tenant, id))!
    const path = new URL(url!).pathname.slice(1)
    await Endpoint.update(table, fixture.tenant, id, { url: world.receiver.url + path })
  }
})
after(() => world.close())

const put = (Item: Record<string, AttributeValue>) =>
  world.stack.dynamodb.send(new PutItemCommand({ TableName: world.stack.tableName, Item }))

const allItems = async () => {
  const { Items = [] } = await world.stack.dynamodb.send(
    new ScanCommand({ TableName: world.stack.tableName }),
  )
  return Items.map((item) => unmarshall(item))
}

const bodiesIn = async (name: "Delivery" | "Retry") => {
  const { Messages = [] } = await world.stack.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: world.stack.queues[name].url,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 1,
    }),
  )
  return Messages.map(({ Body }) => Body!)
}

test("all that 0.1.0 stored is read", async () => {
  const { table } = world.deps
  const { tenant, ids } = fixture
  const deliveries = await listDeliveries(table, tenant, { limit: 250 })
  assert.deepEqual(deliveries.items.map(({ status }) => status).toSorted(), [
    "delivered",
    "delivered",
    "held",
    "pending",
  ])
  const pending = deliveries.items.find(({ status }) => status === "pending")!
  assert.equal(pending.attempts.at(-1)!.statusCode, 500)
  const events = await listEvents(table, tenant, { limit: 250 })
  assert.equal(events.items.length, 3)
  const dialing = events.items.find(({ type }) => type.startsWith("dialing"))!
  assert.ok(dialing.packed && Event.headersOf(dialing).length > 8)
  assert.equal((await Endpoint.page(table, tenant, { limit: 10 })).items.length, 3)
  const [source] = (await Source.page(table, tenant, { limit: 10 })).items
  assert.equal(Object.keys(source!.collectors).length, 1)
  assert.equal((await ApiKey.verify(table, fixture.apiKey))!.tenant, tenant)
  assert.equal((await Health.get(table, tenant, ids.bad)).state, "resting")
  assert.deepEqual(named, [])
})

test("and what was on its way arrives, signed as before", async () => {
  const { stack, receiver } = world
  for (const [name, bodies] of Object.entries(fixture.messages)) {
    const QueueUrl = stack.queues[name as keyof Fixture["messages"]].url
    for (const MessageBody of bodies) {
      await stack.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))
    }
  }
  await world.pump()
  const arrived = receiver.arrived.filter(({ headers }) => headers["x-team"] === "crm")
  assert.deepEqual(
    new Set(arrived.map(({ webhook }) => (webhook.data as { uuid: string }).uuid[0])),
    new Set(["3", "4"]),
  )
  for (const { headers, body } of arrived) {
    new Webhook(fixture.secret).verify(body, headers as Record<string, string>)
  }
  const held = await listDeliveries(world.deps.table, fixture.tenant, {
    statuses: ["held"],
    limit: 10,
  })
  assert.ok(held.items.length > 0)
})

test("what this release stores and sends, 0.1.0 reads: one can go back to it", async () => {
  await world.begin()
  const endpoint = await world.addEndpoint({ eventTypes: ["campaign.*"] })
  await world.say(campaignUpdate())
  await pump(world.stack, world.deps, "Ingest")
  const bodies = await bodiesIn("Delivery")
  assert.equal(bodies.length, 1)
  for (const body of bodies) assert.equal(readDeliveryAs010(body).endpointId, endpoint.id)
  world.receiver.behave((_, response) => answer(response, 500))
  world.advance(2_000)
  await world.pump()
  const items = await allItems()
  const read = items.map((item) => readItemAs010(item)).filter(Boolean)
  assert.ok(read.length > fixture.items.length)
})

test("a message of the next version, which only adds, is read as one of this", async () => {
  const [body] = fixture.messages.Delivery as [string]
  const next = { ...(JSON.parse(body) as object), v: 2, added: true }
  assert.equal(parseDelivery(JSON.stringify(next)).eventType, "campaign.updated")
  const job = JSON.parse(fixture.messages.Jobs[0]!) as object
  assert.equal(parseJob(JSON.stringify({ ...job, v: 2, added: 1 })).kind, "hold")
  assert.throws(() => parseJob(JSON.stringify({ ...job, v: 3 })))

  const opened = openMessage(fixture.messages.Ingest[0]!)
  assert.ok(opened.ok)
  const key = { keyId: "abcd1234", key: Buffer.alloc(32, 1) }
  const sealed = sealMessage({ ...opened.message, v: 2 }, key)
  const again = openMessage(sealed)
  assert.ok(again.ok && again.verify(key.key))
})

test("an item that cannot be read is passed over and named, and the rest of its page is shown", async () => {
  const { table } = world.deps
  const { tenant } = fixture
  const ofKind = (pattern: RegExp) =>
    fixture.items.find((item) => pattern.test(`${item["pk"]!.S}|${item["sk"]!.S}`))!
  const events = await listEvents(table, tenant, { limit: 250 })
  const deliveries = await listDeliveries(table, tenant, { limit: 250 })
  const [event, delivery] = [ofKind(/#E#/), ofKind(/#D#/)]
  // Of a release after the next, and broken.
  await put({
    ...event,
    sk: { S: event["sk"]!.S!.replace(/#.*/, `#${"z".repeat(20)}`) },
    v: { N: "3" },
  })
  const { status: _, ...broken } = delivery
  await put({ ...broken, sk: { S: delivery["sk"]!.S!.replace(/#.*/, `#${"z".repeat(20)}`) } })
  named.length = 0
  assert.deepEqual((await listEvents(table, tenant, { limit: 250 })).items, events.items)
  assert.deepEqual((await listDeliveries(table, tenant, { limit: 250 })).items, deliveries.items)
  assert.deepEqual(
    named.map(({ pk }) => pk),
    [event["pk"]!.S, delivery["pk"]!.S],
  )
})
