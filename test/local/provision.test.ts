import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
} from "@aws-sdk/client-dynamodb"
import {
  GetQueueAttributesCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs"
import { startDynalite } from "@ringback/local/dynalite-engine"
import { provision } from "@ringback/local/provision"
import assert from "node:assert/strict"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { after, before, test } from "node:test"
import dynalite from "dynalite"
import { makeDir } from "../harness/directory.ts"
import { makeClients, startStack, type Stack } from "../harness/stack.ts"
import { until } from "../harness/until.ts"

let stack: Stack
before(async () => void (stack = await startStack()))
after(() => stack.close())

async function attributesOf(url: string) {
  const get = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] })
  return (await stack.sqs.send(get)).Attributes!
}

test("every queue has a dead-letter queue that keeps for 14 days, and a reachable URL", async () => {
  for (const [name, { url, deadLetterUrl }] of Object.entries(stack.queues)) {
    assert.equal(url, `${stack.sqsUrl}/000000000000/${stack.prefix}${name}`)
    const policy = JSON.parse((await attributesOf(url))["RedrivePolicy"]!)
    const deadLetters = await attributesOf(deadLetterUrl)
    assert.equal(policy.deadLetterTargetArn, deadLetters["QueueArn"])
    assert.equal(deadLetters["MessageRetentionPeriod"], String(14 * 86400))
  }
  assert.equal((await attributesOf(stack.queues.Delivery.url))["VisibilityTimeout"], "360")
  assert.equal(
    (await attributesOf(stack.rejectedUrl))["MessageRetentionPeriod"],
    String(14 * 86400),
  )
})

test("an old start's queues get today's attributes and keep their messages", async () => {
  const { url } = stack.queues.Jobs
  const old = { VisibilityTimeout: "7", MessageRetentionPeriod: "60" }
  await stack.sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: old }))
  await stack.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "kept" }))
  const again = await provision(stack)
  assert.equal(again.queues.Jobs.url, url)
  const attributes = await attributesOf(url)
  assert.equal(attributes["VisibilityTimeout"], "360")
  assert.equal(attributes["ApproximateNumberOfMessages"], "1")
})

test("the indexes are sparse and hold what the facts name", async () => {
  const item = { pk: { S: "p" }, sk: { S: "s" }, endpointId: { S: "e" } }
  const waiting = { ...item, sk: { S: "w" }, dueShard: { S: "due#0" }, dueAt: { N: "5" } }
  const other = { S: "in no index" }
  for (const Item of [item, { ...waiting, other }]) {
    await stack.dynamodb.send(new PutItemCommand({ TableName: stack.tableName, Item }))
  }
  const due = await stack.dynamodb.send(
    new QueryCommand({
      TableName: stack.tableName,
      IndexName: "due",
      KeyConditionExpression: "dueShard = :shard and dueAt <= :now",
      ExpressionAttributeValues: { ":shard": { S: "due#0" }, ":now": { N: "10" } },
    }),
  )
  assert.deepEqual(due.Items, [waiting])
})

test("a table that is there is left as it is, and a missing index is said", async () => {
  const prefix = `${stack.prefix}old`
  const TableName = `${prefix}Table`
  const pk = { AttributeName: "pk", KeyType: "HASH" } as const
  await stack.dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [pk],
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
    }),
  )
  await assert.rejects(provision({ ...stack, prefix }), /oldTable is there but lacks the index due/)
  const { Table } = await stack.dynamodb.send(new DescribeTableCommand({ TableName }))
  assert.deepEqual(Table?.KeySchema, [pk])
  await stack.dynamodb.send(new DeleteTableCommand({ TableName }))
})

test("a table that a killed start left half made becomes active", async () => {
  const dataDir = makeDir()
  const prefix = `${stack.prefix}killed`
  // So slow that it ends before it makes the table active.
  const killed = dynalite({ path: join(dataDir, "dynamodb"), createTableMs: 2000 })
  await once(killed.listen(0, "127.0.0.1"), "listening")
  const { port } = killed.address() as AddressInfo
  const first = makeClients({ dynamodbUrl: `http://127.0.0.1:${port}` })
  const start = assert.rejects(provision({ ...stack, dynamodb: first.dynamodb, prefix }))
  await until(async () => {
    const { TableNames } = await first.dynamodb.send(new ListTablesCommand({}))
    return TableNames?.length
  })
  killed.close()
  killed.closeAllConnections()
  await start
  first.close()

  // The second time it was ended while it woke.
  for (const sk of ["first", "second"]) {
    const engine = await startDynalite({ dataDir })
    const { dynamodb, close } = makeClients({ dynamodbUrl: engine.url })
    const { tableName } = await provision({ ...stack, dynamodb, prefix, isEmbedded: true })
    const Item = { pk: { S: "p" }, sk: { S: sk } }
    await dynamodb.send(new PutItemCommand({ TableName: tableName, Item }))
    close()
    await engine.close()
  }
})
