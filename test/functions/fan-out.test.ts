import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs"
import { sendAll, type Outgoing } from "@ringback/functions/messages/send"
import { startQueueProxy } from "../harness/queue-proxy.ts"
import { makeClients } from "../harness/stack.ts"
import { makeDeps, pump } from "../harness/system.ts"
import { campaignUpdate, startWorld, type World } from "../harness/world.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const MIB = 1024 * 1024
const EVENTS = 10

/** Clients that count the requests to queues, and the bytes of bodies in those without an answer. */
function watchedClients(sqsUrl = world.stack.sqsUrl) {
  const clients = makeClients({ ...world.stack, sqsUrl })
  const seen = { requests: 0, sent: 0, bytes: 0, mostRequests: 0, mostBytes: 0 }
  let underWay = 0
  clients.sqs.middlewareStack.add(
    (next) => async (args) => {
      const { Entries = [] } = args.input as { Entries?: { MessageBody: string }[] }
      const bytes = Entries.reduce((sum, { MessageBody }) => sum + MessageBody.length, 0)
      seen.requests++
      seen.bytes += bytes
      underWay++
      seen.mostRequests = Math.max(seen.mostRequests, underWay)
      seen.mostBytes = Math.max(seen.mostBytes, seen.bytes)
      return next(args).finally(() => {
        underWay--
        seen.bytes -= bytes
        seen.sent += Entries.length
      })
    },
    { step: "initialize", name: "watch" },
  )
  return { clients, seen }
}

/** A batch of ten events of a tenant with so many endpoints. */
async function ingestBatch(endpoints: number, detail: string) {
  for (let count = 0; count < endpoints; count++) await world.addEndpoint()
  for (let count = 0; count < EVENTS; count++)
    await world.say([...campaignUpdate(), ["Detail", detail]])
  const { clients, seen } = watchedClients()
  const deps = makeDeps(world.stack, { now: world.now, clients })
  assert.equal(await pump(world.stack, deps, "Ingest"), EVENTS)
  clients.close()
  const { Attributes } = await world.stack.sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: world.stack.queues.Delivery.url,
      AttributeNames: ["ApproximateNumberOfMessages"],
    }),
  )
  return { ...seen, queued: Number(Attributes!["ApproximateNumberOfMessages"]) }
}

test("a batch of large events for many endpoints has at most 4 MiB under way at once", async (t) => {
  const { queued, requests, mostBytes } = await ingestBatch(40, "x".repeat(50_000))
  t.diagnostic(`${(mostBytes / MIB).toFixed(1)} MiB in ${requests} requests`)
  assert.deepEqual({ queued, requests }, { queued: 400, requests: 40 })
  assert.ok(mostBytes <= 4 * MIB, `${mostBytes}`)
})

test("small events go ten to a request, and all requests at once", async () => {
  const { queued, requests, mostRequests } = await ingestBatch(20, "short")
  assert.deepEqual(
    { queued, requests, mostRequests },
    { queued: 200, requests: 20, mostRequests: 20 },
  )
})

test("a message is made when its request is, and one that is not taken is told by its place", async (t) => {
  const { url } = world.stack.queues.Delivery
  const proxy = await startQueueProxy(url)
  const { clients, seen } = watchedClients(new URL(proxy.url).origin)
  t.after(() => (clients.close(), proxy.close()))
  const all = Array.from({ length: 150 }, (_, index) => index)
  const isRefused = (index: number) => index % 7 === 0
  let [made, most] = [0, 0]
  function* messages(): Generator<Outgoing> {
    for (const index of all) {
      made++
      most = Math.max(most, made - seen.sent)
      const text = isRefused(index) ? "refused" : "taken"
      yield { body: text.padEnd(100 * 1024, "x"), groupId: "g" }
    }
  }
  proxy.judge = ({ MessageBody }) =>
    MessageBody.startsWith("refused") ? { Code: "InternalError", SenderFault: false } : undefined
  const failed = await sendAll(clients.sqs, url, messages())
  assert.deepEqual(new Set(failed), new Set(all.filter(isRefused)))
  assert.equal(made, 150)
  // 4 MiB under way, the next request, and the message that did not fit into it.
  assert.ok(most <= 40 + 10 + 1, `${most} at once`)
})
