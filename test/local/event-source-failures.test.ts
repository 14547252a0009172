import { CreateQueueCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs"
import type { SQSBatchResponse } from "aws-lambda"
import { failedIds } from "@ringback/local/event-source"
import { heldSeconds, hiddenSeconds } from "@ringback/local/held-messages"
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { describe, it } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { until } from "../harness/until.ts"
import { services, makeQueue, sendAll, attributesOf, isEmpty, poll } from "./polled-queue.ts"

// Side by side: most of their time is a message waiting to be seen again.
describe("an event source", { concurrency: true }, () => {
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

  it("what fails again and again is received ever more rarely", async () => {
    const queueUrl = await makeQueue()
    const receivedAt: number[] = []
    const source = poll(queueUrl, async () => {
      receivedAt.push(performance.now())
      if (receivedAt.length < 13) throw new Error("always")
    })
    await sendAll(queueUrl, ["poison"])
    await until(() => isEmpty(queueUrl))
    await source.close()
    const gaps = receivedAt.slice(1).map((at, index) => at - receivedAt[index]!)
    // Twice and four times the second that it is hidden.
    assert.ok(gaps.at(-2)! > 1_900, `${gaps.at(-2)} ms`)
    assert.ok(gaps.at(-1)! > 3_900, `${gaps.at(-1)} ms`)
  })

  it("what fails again and again is hidden for less than a minute, so that a restart finds it again", () => {
    const hidden = [1, 10, 11, 12, 13, 500].map((count) => hiddenSeconds(count, heldSeconds))
    assert.deepEqual(hidden, [9, 9, 18, 36, 45, 45])
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
