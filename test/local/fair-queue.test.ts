import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs"
import { startSqs } from "@ringback/local/engines"
import assert from "node:assert/strict"
import { test } from "node:test"
import { makeDir } from "../harness/directory.ts"
import { makeClients } from "../harness/stack.ts"

type Sent = { body: string; group?: string; attribute?: string }

async function withQueue<T>(dataDir: string, use: (queue: Queue) => Promise<T>): Promise<T> {
  const engine = await startSqs({ dataDir })
  const { sqs, close } = makeClients({ sqsUrl: engine.url })
  try {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "fair" }))
    return await use(new Queue(sqs, QueueUrl!))
  } finally {
    close()
    await engine.close()
  }
}

class Queue {
  readonly sqs: SQSClient
  readonly url: string

  constructor(sqs: SQSClient, url: string) {
    this.sqs = sqs
    this.url = url
  }

  async send(sent: Sent[]) {
    for (let at = 0; at < sent.length; at += 10) {
      const Entries = sent.slice(at, at + 10).map(({ body, group, attribute }, index) => ({
        Id: `m${index}`,
        MessageBody: body,
        MessageGroupId: group,
        ...(attribute && {
          MessageAttributes: { a: { DataType: "String", StringValue: attribute } },
        }),
      }))
      const { Successful } = await this.sqs.send(
        new SendMessageBatchCommand({ QueueUrl: this.url, Entries }),
      )
      assert.equal(Successful?.length, Entries.length)
    }
  }

  async receive(max = 10, holdSeconds = 30): Promise<Message[]> {
    const { Messages = [] } = await this.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: this.url,
        MaxNumberOfMessages: max,
        VisibilityTimeout: holdSeconds,
        MessageSystemAttributeNames: ["All"],
        MessageAttributeNames: ["All"],
      }),
    )
    return Messages
  }

  async remove(messages: Message[]) {
    const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: `m${index}`, ReceiptHandle }))
    await this.sqs.send(new DeleteMessageBatchCommand({ QueueUrl: this.url, Entries }))
  }
}

const numbered = (group: string, count: number): Sent[] =>
  Array.from({ length: count }, (_, index) => ({ body: `${group} ${index}`, group }))
const bodiesOf = (messages: Message[]) => messages.map(({ Body }) => Body)

test("a message of a quiet group does not wait behind a busy group's, and each group stays in order", async () => {
  await withQueue(makeDir(), async (queue) => {
    await queue.send(numbered("busy", 500))
    await queue.receive(3)
    await queue.send(numbered("quiet", 2))

    assert.deepEqual(bodiesOf(await queue.receive(6)), [
      "busy 3",
      "quiet 0",
      "busy 4",
      "quiet 1",
      "busy 5",
      "busy 6",
    ])
  })
})

test("a tenant with many busy groups has the turns of one", async () => {
  await withQueue(makeDir(), async (queue) => {
    for (const group of ["a/1", "a/2", "a/3"]) await queue.send(numbered(group, 50))
    await queue.receive(1)
    await queue.send(numbered("b/1", 2))

    assert.deepEqual(bodiesOf(await queue.receive(7)), [
      "a/2 0",
      "b/1 0",
      "a/3 0",
      "b/1 1",
      "a/1 1",
      "a/2 1",
      "a/3 1",
    ])
  })
})

test("the groups are kept over a restart", async () => {
  const dataDir = makeDir()
  await withQueue(dataDir, (queue) =>
    queue.send([...numbered("busy", 20), ...numbered("quiet", 1)]),
  )
  await withQueue(dataDir, async (queue) => {
    const received = await queue.receive(2)
    assert.deepEqual(bodiesOf(received), ["busy 0", "quiet 0"])
    assert.deepEqual(
      received.map(({ Attributes }) => Attributes?.MessageGroupId),
      ["busy", "quiet"],
    )
  })
})

test("a message keeps its group when it is received again, and its attributes", async () => {
  await withQueue(makeDir(), async (queue) => {
    await queue.send([{ body: "x", group: "g", attribute: "v" }])
    const [first] = await queue.receive(1, 0)
    assert.equal(first?.Attributes?.MessageGroupId, "g")
    const [again] = await queue.receive(1)
    assert.equal(again?.Attributes?.MessageGroupId, "g")
    assert.equal(again?.Attributes?.ApproximateReceiveCount, "2")
    assert.equal(again?.MessageAttributes?.["a"]?.StringValue, "v")
    await queue.remove([again])
    assert.deepEqual(await queue.receive(), [])
  })
})

test("messages without a group are a group, one message is sent like a batch, and a purge removes all", async () => {
  await withQueue(makeDir(), async (queue) => {
    await queue.send(Array.from({ length: 20 }, (_, index) => ({ body: `none ${index}` })))
    const { sqs, url: QueueUrl } = queue
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "one", MessageGroupId: "g" }))
    assert.deepEqual(bodiesOf(await queue.receive(3)), ["none 0", "one", "none 1"])

    await sqs.send(new PurgeQueueCommand({ QueueUrl }))
    await queue.send([...numbered("busy", 11), ...numbered("quiet", 1)])
    assert.deepEqual(bodiesOf(await queue.receive(2)), ["busy 0", "quiet 0"])
    assert.equal((await queue.receive()).length, 10)
    assert.deepEqual(await queue.receive(), [])
  })
})
