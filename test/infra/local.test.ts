import { DescribeTableCommand } from "@aws-sdk/client-dynamodb"
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs"
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { type QueueName, queues } from "../../infra/facts.ts"
import { startStack, type Stack } from "../harness/stack.ts"
import { get, queueOf, readRecording } from "./recording.ts"

const recorded = readRecording("production")

describe("what the laptop makes is what AWS is told to make", () => {
  let stack: Stack
  before(async () => void (stack = await startStack()))
  after(() => stack.close())

  const attributesOf = async (QueueUrl: string) => {
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] })
    return (await stack.sqs.send(command)).Attributes ?? {}
  }

  test("the table, its keys and its indexes", async () => {
    const command = new DescribeTableCommand({ TableName: stack.tableName })
    const { Table } = await stack.dynamodb.send(command)
    const { inputs } = get(recorded, "table", "TableTable")
    const schema = (index: { hashKey: string; rangeKey: string }) => [
      { AttributeName: index.hashKey, KeyType: "HASH" },
      { AttributeName: index.rangeKey, KeyType: "RANGE" },
    ]
    assert.deepEqual(Table?.KeySchema, schema(inputs))
    assert.deepEqual(
      sorted(Table?.AttributeDefinitions, "AttributeName"),
      sorted(
        inputs.attributes.map(({ name, type }: { name: string; type: string }) => ({
          AttributeName: name,
          AttributeType: type,
        })),
        "AttributeName",
      ),
    )
    const indexes = (Table?.GlobalSecondaryIndexes ?? []).map(
      ({ IndexName, KeySchema, Projection }) => ({ IndexName, KeySchema, Projection }),
    )
    assert.deepEqual(
      sorted(indexes, "IndexName"),
      sorted(
        inputs.globalSecondaryIndexes.map((index: any) => ({
          IndexName: index.name,
          KeySchema: schema(index),
          Projection: {
            ProjectionType: index.projectionType,
            NonKeyAttributes: index.nonKeyAttributes,
          },
        })),
        "IndexName",
      ),
    )
  })

  for (const name of Object.keys(queues) as QueueName[]) {
    test(`the queue ${name} and its dead letters`, async () => {
      const { url, deadLetterUrl } = stack.queues[name]
      const main = get(recorded, "queue", queueOf(`${name}Queue`)).inputs
      const attributes = await attributesOf(url)
      assert.equal(Number(attributes.VisibilityTimeout), main.visibilityTimeoutSeconds)
      assert.equal(Number(attributes.MessageRetentionPeriod), main.messageRetentionSeconds)
      const deadLetters = get(recorded, "queue", queueOf(`${name}DeadLetters`)).inputs
      const kept = await attributesOf(deadLetterUrl)
      assert.equal(Number(kept.MessageRetentionPeriod), deadLetters.messageRetentionSeconds)
      const { deadLetterTargetArn } = JSON.parse(attributes.RedrivePolicy ?? "{}")
      assert.equal(deadLetterTargetArn, kept.QueueArn)
    })
  }

  test("the rejected queue", async () => {
    const { messageRetentionSeconds } = get(recorded, "queue", queueOf("RejectedQueue")).inputs
    const { MessageRetentionPeriod } = await attributesOf(stack.rejectedUrl)
    assert.equal(Number(MessageRetentionPeriod), messageRetentionSeconds)
  })
})

const sorted = <T extends Record<string, any>>(list: T[] = [], by: keyof T) =>
  list.toSorted((a, b) => (a[by]! < b[by]! ? -1 : 1))
