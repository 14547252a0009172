import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type AddressInfo, type Socket } from "node:net"
import { after, before, test } from "node:test"
import { makeDynamodb, makeSqs, LIMITS, longestCallMs } from "@ringback/functions/runtime/clients"
import { ingestHandler } from "@ringback/functions/ingest"
import { makeContext, makeRecord } from "@ringback/local/lambda"
import { getItem } from "@ringback/store/item"
import { tenantKey } from "@ringback/store/item-keys"
import { sealMessage } from "@ringback/events/message"
import { queues, releaseTimeoutSeconds } from "../../infra/facts.ts"
import { startStack, type Stack } from "../harness/stack.ts"
import { eventMessage, makeCustomer, makeDeps } from "../harness/system.ts"
import { campaignUpdate } from "../harness/world.ts"

let stack: Stack
let url: string
const sockets = new Set<Socket>()
/** It takes every connection, hears what is asked, and never says a word. */
const mute = createServer((socket) => {
  sockets.add(socket)
  socket.resume().on("error", () => {})
})

before(async () => {
  stack = await startStack()
  mute.listen(0, "127.0.0.1")
  await once(mute, "listening")
  url = `http://127.0.0.1:${(mute.address() as AddressInfo).port}`
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL_DYNAMODB: url,
    AWS_ENDPOINT_URL_SQS: url,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
  }))
    process.env[name] = value
})
after(async () => {
  for (const socket of sockets) socket.destroy()
  mute.close()
  await stack.close()
})

const BRIEF = { connectMs: 200, answerMs: 300, attempts: 3 }

test("a call to a service that takes connections and never answers ends, after as many attempts as are meant", async () => {
  const dynamodb = makeDynamodb(BRIEF)
  const table = { ...makeDeps(stack).table, client: dynamodb }
  const [startedAt, before] = [performance.now(), sockets.size]
  await assert.rejects(() => getItem(table, tenantKey("ten_x")), { name: "TimeoutError" })
  assert.equal(sockets.size - before, BRIEF.attempts)
  assert.ok(performance.now() - startedAt < longestCallMs(BRIEF) * 4)
  dynamodb.destroy()
})

test("a batch whose table is mute is given back, each message of it", async () => {
  const [dynamodb, sqs] = [makeDynamodb(BRIEF), makeSqs(BRIEF)]
  const real = makeDeps(stack)
  const customer = await makeCustomer(real)
  const deps = makeDeps(stack, { clients: { dynamodb, sqs } })
  const message = () => sealMessage(eventMessage(customer, campaignUpdate()), customer.source.key)
  const Records = ["a", "b"].map((MessageId) =>
    makeRecord({ MessageId, Body: message() }, stack.queues.Ingest.url),
  )
  const answer = await ingestHandler(deps)({ Records }, makeContext(30_000))
  assert.deepEqual(
    answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
    ["a", "b"],
  )
  dynamodb.destroy()
  sqs.destroy()
})

test("the longest call fits into the time of every function", () => {
  const shortest = Math.min(...Object.values(queues).map((queue) => queue.timeoutSeconds))
  assert.ok(longestCallMs(LIMITS) < 1000 * Math.min(shortest, releaseTimeoutSeconds))
})
