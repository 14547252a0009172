import { SendMessageCommand } from "@aws-sdk/client-sqs"
import type { SQSEvent } from "aws-lambda"
import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { until } from "../harness/until.ts"
import { services, makeQueue, sendAll, attributesOf, isEmpty, poll } from "./polled-queue.ts"

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
    {
      what: "where as many wait as are said to be many they begin one after the other",
      most: 12,
      options: { spreadMs: hourMs, spreadFrom: 12, waitsAfterMs: 0 },
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
})
