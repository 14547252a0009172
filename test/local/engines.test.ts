import {
  CreateTableCommand,
  DescribeTableCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb"
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs"
import { startDynalite } from "@ringback/local/dynalite-engine"
import { startEngines, startSqs } from "@ringback/local/engines"
import assert from "node:assert/strict"
import { mkdtemp, rm } from "node:fs/promises"
import { networkInterfaces, tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { canConnect } from "../harness/can-connect.ts"
import { makeDir } from "../harness/directory.ts"
import { makeClients } from "../harness/stack.ts"
import { until } from "../harness/until.ts"

test("the embedded services are reached by 127.0.0.1 and by no other address of the machine", async () => {
  const engines = await startEngines()
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address, scopeid }) => address !== "127.0.0.1" && !scopeid)
    .map(({ address }) => address)
  try {
    for (const url of [engines.sqsUrl, engines.dynamodbUrl]) {
      assert.equal(await canConnect("127.0.0.1", url), true)
      for (const address of [...others, "127.0.0.2", "::1"]) {
        assert.equal(await canConnect(address, url), false, address)
      }
    }
  } finally {
    await engines.close()
  }
})

test("a taken port is EADDRINUSE", async () => {
  const engines = await startEngines()
  const sqsPort = Number(new URL(engines.sqsUrl).port)
  const dynamodbPort = Number(new URL(engines.dynamodbUrl).port)
  try {
    await assert.rejects(startEngines({ sqsPort }), { code: "EADDRINUSE" })
    await assert.rejects(startEngines({ dynamodbPort }), { code: "EADDRINUSE" })
  } finally {
    await engines.close()
  }
})

test("what was sent is there after a new start on another port", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "ringback-"))
  const first = await startSqs({ dataDir })
  const before = makeClients({ sqsUrl: first.url })
  const queue = { QueueName: "kept" }
  const { QueueUrl } = await before.sqs.send(new CreateQueueCommand(queue))
  await before.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "still here" }))
  before.close()
  await first.close()

  const second = await startSqs({ dataDir })
  const after = makeClients({ sqsUrl: second.url })
  const received = await after.sqs.send(new ReceiveMessageCommand({ QueueUrl }))
  assert.equal(received.Messages?.[0]?.Body, "still here")
  after.close()
  await second.close()
  await rm(dataDir, { recursive: true })
})

const TableName = "kept"

for (const isGone of [false, true]) {
  const who = isGone ? "though nobody listens any more" : "whoever still listens"
  test(`closing waits for what DynamoDB has begun, ${who}`, async () => {
    const engine = await startDynalite({ dataDir: makeDir() })
    const { dynamodb, close } = makeClients({ dynamodbUrl: engine.url })
    await dynamodb.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      }),
    )
    await until(async () => {
      const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }))
      return Table?.TableStatus === "ACTIVE"
    })
    const updates = Array.from({ length: 50 }, (_, index) =>
      dynamodb.send(new UpdateItemCommand({ TableName, Key: { pk: { S: String(index) } } })),
    )
    const outcomes = Promise.allSettled(updates)
    // One is through, so others are in the middle.
    await Promise.race(updates)
    if (isGone) close()
    await engine.close()
    close()
    await outcomes
  })
}
