import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs"
import { makeContext, makeRecord } from "@ringback/local/lambda"
import { makeClients } from "../harness/stack.ts"
import { handlersOf, makeDeps, pump } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"

// Deliveries that wait for a slot of a rate limit, each with two messages: SQS gives a message out twice, or the answer of
// a request is lost and the SDK repeats it, or a worker is killed.

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const EVENTS = 30

async function sayAll() {
  const { arrived } = await world.addEndpoint({ rateLimit: 1 })
  for (let event = 0; event < EVENTS; event++) await world.say()
  return () => arrived().map(({ id }) => id)
}

async function seconds(count: number) {
  for (let second = 0; second < count; second++) {
    world.advance(1000)
    if (second % 60 === 2) await world.release()
    await world.pump()
  }
}

/** The first answer to each request that sends messages to this queue is lost. */
function loseAnswers(sqs: SQSClient, queueUrl: string) {
  const seen = new Set<string>()
  sqs.middlewareStack.add(
    (next) => async (args) => {
      const { QueueUrl, Entries } = args.input as { QueueUrl?: string; Entries?: unknown[] }
      const answered = await next(args)
      const request = JSON.stringify(Entries)
      if (QueueUrl !== queueUrl || !Entries || seen.has(request)) return answered
      seen.add(request)
      throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" })
    },
    { step: "deserialize", name: "lose", priority: "high" },
  )
  return seen
}

for (const queue of ["Delivery", "Retry"] as const)
  test(`all are sent if the answers of the ${queue} queue are lost`, async (t) => {
    const sent = await sayAll()
    const clients = makeClients(world.stack)
    t.after(() => clients.close())
    const lost = loseAnswers(clients.sqs, world.stack.queues[queue].url)
    const flaky = makeDeps(world.stack, { now: world.now, random: () => 0.5, clients })
    while ((await pump(world.stack, flaky, "Ingest")) > 0);
    while ((await pump(world.stack, flaky, "Delivery")) > 0);
    assert.ok(lost.size >= 2, `${lost.size} answers were lost`)
    await seconds(60)
    assert.equal(new Set(sent()).size, EVENTS)
    // The first of two messages that are read before their slot makes the other one void.
    if (queue === "Delivery") assert.equal(sent().length, EVENTS)
  })

test("each is sent soon if a worker was killed after it had put them off", async () => {
  const sent = await sayAll()
  while ((await pump(world.stack, world.deps, "Ingest")) > 0);
  const { url } = world.stack.queues.Delivery
  for (let batch = 0; batch < 2; batch++) {
    const { Messages = [] } = await world.stack.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 9,
        MessageSystemAttributeNames: ["All"],
        MessageAttributeNames: ["All"],
      }),
    )
    assert.equal(Messages.length, 10)
    // They are not deleted.
    const Records = Messages.map((message) => makeRecord(message, url))
    await handlersOf(world.deps).Delivery({ Records }, makeContext(60_000))
  }
  await seconds(60)
  assert.equal(new Set(sent()).size, EVENTS)
  assert.ok(sent().length <= EVENTS + 4, `${sent().length} webhooks`)
})
