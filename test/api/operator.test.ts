import { until } from "../harness/until.ts"
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import {
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs"
import { claim } from "@ringback/store/event"
import { hashOf } from "@ringback/store/item-keys"
import { packHeaders } from "@ringback/store/pack"
import { startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { pumpAll } from "../harness/system.ts"
import { makeTenant, startApi, type TestApi } from "./api.ts"
import { makeWorld, type World } from "./world.ts"

let api: TestApi
let receiver: TestReceiver
let world: World
before(async () => {
  api = await startApi()
  receiver = await startReceiver()
  world = await makeWorld(api, receiver.url)
})
after(async () => {
  await receiver.close()
  await api.close()
})

const ok = async (route: string, body?: unknown) => {
  const answer = await api.call(route, body === undefined ? {} : { body })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

type Found = { kind: string; id: string; tenantId: string; name: string | null }
const search = async (q: string, more = "") =>
  (await ok(`GET /v1/search?q=${encodeURIComponent(q)}${more}`)) as {
    data: Found[]
    isComplete: boolean
  }

test("any id leads to its thing, whosever it is", async () => {
  await makeWorld(api, receiver.url)
  const { ids } = world
  const kinds = ["tenant", "source", "endpoint", "key", "event", "delivery"]
  for (const kind of kinds) {
    const id = ids[`${kind}Id`]!
    const { data, isComplete } = await search(id)
    const found = data.map((each) => [each.kind, each.id, each.tenantId])
    assert.deepEqual(found, [[kind, id, ids["tenantId"]]])
    assert.equal(isComplete, true)
  }
  const { data } = await search("ep_06fzk3vq8r2m5x0c9d7g4h1jtw")
  assert.deepEqual(data, [])
})

test("a name, a URL, a Uuid and a number lead there too; a secret is refused", async () => {
  const { path, key, id } = await makeTenant(api, "Zebra & Sons")
  await api.call(`POST ${path}/sources`, { body: { name: "pbx in Ústí" } })
  await api.call(`POST ${path}/endpoints`, { body: { url: "https://crm.zebra.invalid/hooks" } })
  const namesOf = async (q: string, more = "") =>
    (await search(q, more)).data.map(({ name }) => String(name)).toSorted()
  assert.deepEqual(await namesOf("zebra"), ["Zebra & Sons", "https://crm.zebra.invalid/hooks"])
  assert.deepEqual(await namesOf("ÚSTÍ"), ["pbx in Ústí"])
  assert.deepEqual(await namesOf("ústí", `&tenantId=${world.ids["tenantId"]}`), [])

  const { body: event } = await api.call(`GET ${world.path}/events/${world.ids["eventId"]}`)
  const byUuid = await search(event.data.uuid)
  assert.deepEqual(
    byUuid.data.map((each) => [each.kind, each.id]),
    [["event", event.id]],
  )
  const number = String(event.data.dialAddr)
  assert.match(number, /^\+?\d{5,}$/)
  const byNumber = await search(`${number.slice(0, 4)} ${number.slice(4)}`)
  assert.ok(byNumber.data.some((each) => each.id === event.id))

  const refused = await api.call(`GET /v1/search?q=${key}`)
  assert.deepEqual([refused.status, refused.body.errors[0].path], [400, "/q"])
  assert.ok(!refused.text.includes(key))
  assert.equal((await api.call("GET /v1/search?q=ab")).status, 400)
  assert.equal((await api.call("GET /v1/search")).status, 400)
  await api.call(`DELETE ${path}`)
  assert.deepEqual((await search(id)).data, [])
})

test("events of 1 MB in one tenant are searched for a number only in part, and it is said", async () => {
  const { id } = await makeTenant(api)
  const headers = Array.from({ length: 60_000 }, (): [string, string] => ["a", "12345"])
  const content = packHeaders([["Event", "OutCampaignUpdate"], ...headers])
  const receivedAt = Date.now()
  const [type, message] = ["campaign.updated", "m".repeat(22)]
  for (let count = 0; count < 10; count++) {
    const [hash, timeNanos] = [hashOf(id, count), BigInt(receivedAt + count) * 1_000_000n]
    const about = { tenant: id, timeNanos, hash, type, source: null, uuid: null }
    await claim(api.deps.table, { ...about, message, receivedAt, content })
  }
  const inPart = await search("12345", `&tenantId=${id}`)
  assert.equal(inPart.isComplete, false)
  assert.ok(inPart.data.length > 0 && inPart.data.length < 10, `${inPart.data.length} found`)
})

const bodyOf = (index: number) =>
  JSON.stringify({
    v: 1,
    kind: "hold",
    tenant: world.ids["tenantId"],
    endpointId: world.ids["endpointId"],
    index,
  })

test("dead letters are shown with what they are, and given back to their worker", async () => {
  const { stack } = api
  const { deadLetterUrl, url } = stack.queues.Jobs
  for (let sent = 0; sent < 30; sent += 10) {
    const Entries = Array.from({ length: 10 }, (_, index) => ({
      Id: String(index),
      MessageBody: bodyOf(sent + index),
      MessageGroupId: "a tenant",
      MessageAttributes: { holds: { DataType: "Number", StringValue: "3" } },
    }))
    await stack.sqs.send(new SendMessageBatchCommand({ QueueUrl: deadLetterUrl, Entries }))
  }
  const { data } = await ok("GET /v1/dead-letters?limit=3")
  assert.deepEqual(
    data.map((each: { queue: string; count: number }) => [each.queue, each.count]),
    [
      ["ingest", 0],
      ["delivery", 0],
      ["retry", 0],
      ["jobs", 30],
    ],
  )
  const { messages } = data[3]
  assert.equal(messages.length, 3)
  const [first] = messages
  assert.deepEqual(
    [first.kind, first.tenantId, first.endpointId, first.reason],
    ["hold", world.ids["tenantId"], world.ids["endpointId"], null],
  )
  assert.ok(Math.abs(Date.parse(first.sentAt) - Date.now()) < 60_000)

  // What was shown is hidden for a second; a few are asked for first.
  const some = await ok("POST /v1/dead-letters/redrive", { queue: "jobs", limit: 4 })
  assert.deepEqual(some.data, [{ queue: "jobs", moved: 4, left: 26 }])
  let moved = 4
  await until(async () => {
    moved += (await ok("POST /v1/dead-letters/redrive", {})).data.at(-1).moved
    return moved >= 30
  })
  assert.equal(moved, 30)
  const { body: audit } = await api.call("GET /v1/audit")
  const [last] = audit.data
  assert.deepEqual([last.action, last.target], ["redriveDeadLetters", null])

  // As they were: with their group and attributes, and each once.
  const seen = new Map<string, Message>()
  await until(async () => {
    const { Messages = [] } = await stack.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ["All"],
        MessageSystemAttributeNames: ["MessageGroupId"],
      }),
    )
    // Other jobs of the tests before stand in that queue too.
    const holds = Messages.filter(({ Body }) => Body!.includes('"hold"'))
    for (const message of holds) seen.set(message.Body!, message)
    return seen.size >= 30
  })
  assert.deepEqual(
    new Set(seen.keys()),
    new Set(Array.from({ length: 30 }, (_, index) => bodyOf(index))),
  )
  for (const { Attributes, MessageAttributes } of seen.values()) {
    assert.equal(Attributes!.MessageGroupId, "a tenant")
    assert.equal(MessageAttributes!["holds"]!.StringValue, "3")
  }
  assert.equal((await ok("GET /v1/dead-letters")).data[3].count, 0)
})

test("what ingest rejected is shown with the reason", async () => {
  const { stack, deps } = api
  const QueueUrl = stack.queues.Ingest.url
  await stack.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "hello" }))
  await pumpAll(stack, deps)
  const { count, data } = await ok("GET /v1/rejected")
  assert.equal(count, 1)
  assert.deepEqual(
    [data[0].reason, data[0].body, data[0].tenantId],
    ["not of the form keyId.mac.json", "hello", null],
  )
})

test("the cost of each tenant follows from what it had", async () => {
  const { ids } = world
  const { data, pricesAsOf } = await ok("GET /v1/cost?limit=250")
  assert.match(pricesAsOf, /\d{4}$/)
  const mine = data.find(({ tenantId }: { tenantId: string }) => tenantId === ids["tenantId"])
  assert.deepEqual([mine.events, mine.deliveries, mine.attempts, mine.isEstimate], [1, 1, 1, false])
  assert.ok(mine.usd > 0)
})

test("the cost is of the last 30 days", async () => {
  for (const [days, events] of [
    [29, 1],
    [31, 0],
  ] as const) {
    const now = () => Date.now() + days * 86_400_000
    const later = await startApi({ stack: api.stack, now })
    const { body } = await later.call("GET /v1/cost?limit=250")
    const mine = body.data.find(
      (each: { tenantId: string }) => each.tenantId === world.ids["tenantId"],
    )
    assert.equal(mine.events, events, `${days} days later`)
  }
})
