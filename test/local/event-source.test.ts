import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs"
import type { SQSBatchResponse, SQSEvent } from "aws-lambda"
import {
  type EventSourceOptions,
  failedIds,
  pollQueue,
  type SqsHandler,
} from "@ringback/local/event-source"
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after, before, describe, it } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { type Services, startServices } from "../harness/stack.ts"
import { until } from "../harness/until.ts"

let services: Services
before(async () => void (services = await startServices()))
after(() => services.close())

const facts = { timeoutSeconds: 5, batchSize: 10, windowSeconds: 0, maximumConcurrency: 4 }

async function makeQueue(attributes: Record<string, string> = {}) {
  const QueueName = `q${randomUUID()}`
  await services.sqs.send(new CreateQueueCommand({ QueueName, Attributes: attributes }))
  return `${services.sqsUrl}/000000000000/${QueueName}`
}

async function sendAll(queueUrl: string, bodies: string[]) {
  for (let at = 0; at < bodies.length; at += 10) {
    const Entries = bodies
      .slice(at, at + 10)
      .map((MessageBody, index) => ({ Id: `m${index}`, MessageBody }))
    await services.sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }))
  }
}

async function attributesOf(queueUrl: string) {
  const get = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] })
  return (await services.sqs.send(get)).Attributes!
}

async function isEmpty(queueUrl: string) {
  const attributes = await attributesOf(queueUrl)
  return (
    attributes.ApproximateNumberOfMessages === "0" &&
    attributes.ApproximateNumberOfMessagesNotVisible === "0" &&
    attributes.ApproximateNumberOfMessagesDelayed === "0"
  )
}

type Options = Partial<typeof facts> &
  Pick<EventSourceOptions, "spreadMs" | "hasTime" | "waitsAfterMs" | "holdSeconds">

function poll(
  queueUrl: string,
  handler: SqsHandler,
  { spreadMs, hasTime, waitsAfterMs, holdSeconds = 1, ...options }: Options = {},
) {
  const errors: unknown[] = []
  const source = pollQueue({
    sqs: services.sqs,
    queueUrl,
    handler,
    facts: { ...facts, ...options },
    spreadMs,
    hasTime,
    waitsAfterMs,
    holdSeconds,
    onError: (error) => errors.push(error),
  })
  return { ...source, errors }
}

// Side by side: most of their time is a message waiting to be seen again.
describe("an event source", { concurrency: true }, () => {
  const hasTime = () => false
  const hourMs = 3_600_000
  for (const { what, most, options } of [
    {
      what: "where many wait they begin one after the other",
      most: 8,
      options: { spreadMs: hourMs, waitsAfterMs: 0 },
    },
    { what: "few run while there is no time", most: 4, options: { hasTime, waitsAfterMs: hourMs } },
    {
      what: "those that wait are not of the few",
      most: 20,
      options: { hasTime, waitsAfterMs: 0 },
    },
  ]) {
    it(`${what}, and where one ends another begins`, async () => {
      const queueUrl = await makeQueue()
      await sendAll(
        queueUrl,
        Array.from({ length: 20 }, (_, index) => `m${index}`),
      )
      const open: (() => void)[] = []
      let [begun, running, peak] = [0, 0, 0]
      const work = async () => {
        begun++
        peak = Math.max(peak, ++running)
        if (begun <= 20) await new Promise<void>((resolve) => open.push(resolve))
        running--
      }
      const source = poll(queueUrl, work, {
        timeoutSeconds: 60,
        holdSeconds: 60,
        batchSize: 1,
        maximumConcurrency: 50,
        ...options,
      })
      while (begun < 20) {
        await until(() => open.length === Math.min(most, 20 - begun + running))
        open.shift()!()
      }
      for (const end of open) end()
      await source.close()
      assert.equal(peak, most)
    })
  }

  it("a function gets records as Lambda shapes them, and what it handled is gone", async () => {
    const queueUrl = await makeQueue()
    const seen: SQSEvent[] = []
    const remaining: number[] = []
    const source = poll(queueUrl, async (event, context) => {
      seen.push(event)
      remaining.push(context.getRemainingTimeInMillis())
      assert.match(context.awsRequestId, /^[0-9a-f-]{36}$/)
    })
    await services.sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: "hello",
        MessageAttributes: { kind: { DataType: "String", StringValue: "greeting" } },
      }),
    )
    await until(() => isEmpty(queueUrl))
    await source.close()
    const [record] = seen[0]!.Records
    assert.equal(record!.body, "hello")
    assert.equal(record!.md5OfBody, "5d41402abc4b2a76b9719d911017c592")
    assert.equal(record!.attributes.ApproximateReceiveCount, "1")
    assert.ok(Math.abs(Number(record!.attributes.SentTimestamp) - Date.now()) < 60_000)
    assert.equal(record!.messageAttributes["kind"]!.stringValue, "greeting")
    assert.equal(record!.eventSource, "aws:sqs")
    assert.match(record!.eventSourceARN, /^arn:aws:sqs:us-east-1:000000000000:q/)
    assert.ok(remaining[0]! > 4000 && remaining[0]! <= 5000)
    assert.deepEqual(source.errors, [])
  })

  it("only what a function hands back is received again", async () => {
    const queueUrl = await makeQueue()
    const receives = new Map<string, number>()
    const source = poll(queueUrl, async ({ Records }): Promise<SQSBatchResponse> => {
      const failed = Records.filter(({ body, attributes }) => {
        receives.set(body, (receives.get(body) ?? 0) + 1)
        return body.startsWith("bad") && attributes.ApproximateReceiveCount === "1"
      })
      return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) }
    })
    await sendAll(queueUrl, ["good 1", "bad 1", "good 2", "bad 2", "good 3"])
    await until(() => isEmpty(queueUrl))
    await source.close()
    assert.deepEqual(Object.fromEntries(receives), {
      "good 1": 1,
      "good 2": 1,
      "good 3": 1,
      "bad 1": 2,
      "bad 2": 2,
    })
  })

  it("a function that throws gets its whole batch again", async () => {
    const queueUrl = await makeQueue()
    let invocations = 0
    const source = poll(queueUrl, async () => {
      if (++invocations === 1) throw new Error("an outage")
    })
    await sendAll(queueUrl, ["one", "two"])
    await until(() => isEmpty(queueUrl))
    await source.close()
    assert.ok(invocations >= 2)
    assert.match(String(source.errors[0]), /an outage/)
  })

  it("an answer of a wrong shape, or with an unknown id, fails the whole batch; an empty one none", () => {
    const batch = [{ MessageId: "a" }, { MessageId: "b" }]
    const failed = (answer: unknown) => [...failedIds(answer, batch)].join("")
    const itemIdentifier = (...ids: unknown[]) => ({
      batchItemFailures: ids.map((id) => ({ itemIdentifier: id })),
    })
    for (const answer of [undefined, null, {}, { batchItemFailures: null }, itemIdentifier()]) {
      assert.equal(failed(answer), "", JSON.stringify(answer))
    }
    assert.equal(failed(itemIdentifier("b")), "b")
    const wrong = [itemIdentifier("c"), itemIdentifier("a", ""), itemIdentifier(null), "done"]
    for (const answer of [...wrong, { batchItemFailures: {} }, { batchItemFailures: [null] }]) {
      assert.equal(failed(answer), "ab", JSON.stringify(answer))
    }
  })

  it("what fails for good ends in the dead-letter queue after its receives", async () => {
    const deadLetterUrl = await makeQueue()
    const deadLetterTargetArn = (await attributesOf(deadLetterUrl))["QueueArn"]
    const policy = { deadLetterTargetArn, maxReceiveCount: 2 }
    const queueUrl = await makeQueue({ RedrivePolicy: JSON.stringify(policy) })
    let receives = 0
    const source = poll(queueUrl, async () => {
      receives++
      throw new Error("always")
    })
    await sendAll(queueUrl, ["poison"])
    await until(
      async () => (await attributesOf(deadLetterUrl))["ApproximateNumberOfMessages"] === "1",
    )
    await source.close()
    assert.equal(receives, 2)
    const dead = await services.sqs.send(new ReceiveMessageCommand({ QueueUrl: deadLetterUrl }))
    assert.equal(dead.Messages?.[0]?.Body, "poison")
  })

  it("a batch is never larger, nor are more functions at work, than the mapping says", async () => {
    const queueUrl = await makeQueue()
    const bodies = Array.from({ length: 60 }, (_, index) => String(index))
    await sendAll(queueUrl, bodies)
    const seen: string[] = []
    let running = 0
    let mostRunning = 0
    let largest = 0
    const limits = { batchSize: 4, maximumConcurrency: 3 }
    const source = poll(
      queueUrl,
      async ({ Records }) => {
        mostRunning = Math.max(mostRunning, ++running)
        largest = Math.max(largest, Records.length)
        await until(() => mostRunning === 3)
        await wait(10)
        seen.push(...Records.map(({ body }) => body))
        running--
      },
      limits,
    )
    await until(() => isEmpty(queueUrl))
    await source.close()
    assert.deepEqual(seen.sort(), bodies.sort())
    assert.equal(mostRunning, 3)
    assert.equal(largest, 4)
  })

  it("with a window a batch is gathered from several receives", async () => {
    const queueUrl = await makeQueue()
    const sizes: number[] = []
    const source = poll(queueUrl, async ({ Records }) => void sizes.push(Records.length), {
      maximumConcurrency: 1,
      windowSeconds: 20,
      batchSize: 25,
    })
    await sendAll(
      queueUrl,
      Array.from({ length: 25 }, (_, index) => String(index)),
    )
    await until(() => isEmpty(queueUrl))
    await source.close()
    assert.deepEqual(sizes, [25])
  })

  it("a message stays hidden for as long as its function works on it", async () => {
    const queueUrl = await makeQueue()
    let invocations = 0
    const source = poll(queueUrl, async () => {
      invocations++
      await wait(2500)
    })
    await sendAll(queueUrl, ["slow"])
    await until(() => isEmpty(queueUrl))
    await source.close()
    assert.equal(invocations, 1)
  })

  it("what a function does not finish within its time is received again", async () => {
    const queueUrl = await makeQueue()
    let invocations = 0
    const source = poll(
      queueUrl,
      async () => {
        if (++invocations === 1) await wait(60_000, undefined, { ref: false })
      },
      { timeoutSeconds: 1 },
    )
    await sendAll(queueUrl, ["stuck"])
    await until(() => isEmpty(queueUrl))
    await source.close()
    assert.match(String(source.errors[0]), /more than its 1 s/)
  })

  it("closing waits for the functions at work and lets their messages be deleted", async () => {
    const queueUrl = await makeQueue()
    const started = Promise.withResolvers<void>()
    const finish = Promise.withResolvers<void>()
    const source = poll(queueUrl, async () => {
      started.resolve()
      await finish.promise
    })
    await sendAll(queueUrl, ["in flight"])
    await started.promise
    let isClosed = false
    const closing = source.close().then(() => (isClosed = true))
    await sendAll(queueUrl, ["too late"])
    await wait(50)
    assert.equal(isClosed, false)
    finish.resolve()
    await closing
    const attributes = await attributesOf(queueUrl)
    assert.equal(attributes["ApproximateNumberOfMessagesNotVisible"], "0")
  })

  it("a queue that cannot be reached is told of, and polled again", async () => {
    const queueUrl = await makeQueue()
    const seen: string[] = []
    const unknown = `${services.sqsUrl}/000000000000/later${randomUUID()}`
    const source = poll(unknown, async ({ Records }) => {
      seen.push(...Records.map(({ body }) => body))
    })
    await until(() => source.errors.length > 0)
    const QueueName = unknown.slice(unknown.lastIndexOf("/") + 1)
    await services.sqs.send(new CreateQueueCommand({ QueueName }))
    await sendAll(unknown, ["after all"])
    await until(() => seen.length > 0)
    await source.close()
    assert.deepEqual(seen, ["after all"])
    assert.equal(await isEmpty(queueUrl), true)
  })
})
