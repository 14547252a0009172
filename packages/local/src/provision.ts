import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  ResourceNotFoundException,
  type TableDescription,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb"
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs"
import { setTimeout as wait } from "node:timers/promises"
import {
  deadLetterRetentionSeconds,
  type QueueFacts,
  type QueueName,
  queues,
  table,
  visibilitySeconds,
} from "../../../infra/facts.ts"
import { heldSeconds } from "./held-messages.ts"

export type ProvisionedQueue = { url: string; deadLetterUrl: string }
export type Provisioned = {
  tableName: string
  queues: Record<QueueName, ProvisionedQueue>
  rejectedUrl: string
}

type Options = {
  sqs: SQSClient
  dynamodb: DynamoDBClient
  prefix: string
  /** Whether the DynamoDB is the embedded one, whose tables may need to be activated. */
  isEmbedded?: boolean
}

/** Creates missing resources of `infra/facts.ts`, and updates the attributes of existing queues. */
export async function provision(options: Options): Promise<Provisioned> {
  const { sqs, prefix } = options
  const tableName = `${prefix}Table`
  const names = Object.keys(queues) as QueueName[]
  const rejected = makeQueue(sqs, `${prefix}Rejected`, keptLong)
  const pairs = names.map(
    async (name) => [name, await makePair(sqs, prefix + name, queues[name])] as const,
  )
  const made = makeTable(options, tableName)
  // If one fails, the caller closes the services that all of them use, so none may still be
  // running.
  await Promise.allSettled([rejected, ...pairs, made])
  await made
  const entries = Object.fromEntries(await Promise.all(pairs))
  return {
    tableName,
    queues: entries as Record<QueueName, ProvisionedQueue>,
    rejectedUrl: await rejected,
  }
}

const keptLong = { MessageRetentionPeriod: String(deadLetterRetentionSeconds) }

async function makePair(sqs: SQSClient, name: string, facts: QueueFacts) {
  const deadLetterUrl = await makeQueue(sqs, `${name}Dlq`, keptLong)
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetterUrl, AttributeNames: ["QueueArn"] }),
  )
  const url = await makeQueue(sqs, name, {
    VisibilityTimeout: String(visibilitySeconds(facts)),
    MessageRetentionPeriod: String(facts.retentionSeconds),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: Attributes?.["QueueArn"],
      maxReceiveCount: localMaxReceiveCount(facts),
    }),
  })
  return { url, deadLetterUrl }
}

// Messages are hidden for less time here than on AWS, so more receives are needed for the same
// number of hours.
const localMaxReceiveCount = (facts: QueueFacts) =>
  Math.min(1000, Math.ceil((facts.maxReceiveCount * visibilitySeconds(facts)) / heldSeconds))

// Created by name only, with the attributes set afterwards: that never conflicts with a queue that
// an older version created.
async function makeQueue(sqs: SQSClient, name: string, attributes: Record<string, string>) {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }))
  const url = await reachableUrl(sqs, QueueUrl!)
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: attributes }))
  return url
}

// Emulators return URLs with hosts that do not resolve everywhere, or with the port of an earlier
// start.
export async function reachableUrl(sqs: SQSClient, queueUrl: string) {
  const endpoint = await sqs.config.endpoint?.()
  if (!endpoint) return queueUrl
  const port = endpoint.port === undefined ? "" : `:${endpoint.port}`
  return `${endpoint.protocol}//${endpoint.hostname}${port}${new URL(queueUrl).pathname}`
}

async function makeTable({ dynamodb, isEmbedded = false }: Options, name: string) {
  const isNew = !(await describe(dynamodb, name))
  if (isNew) await createTable(dynamodb, name)
  const found = await whenUsable(dynamodb, name, isEmbedded)
  if (isNew) await expire(dynamodb, name)
  const has = new Set(found.GlobalSecondaryIndexes?.map((index) => index.IndexName))
  const missing = Object.keys(table.globalIndexes).filter((index) => !has.has(index))
  if (missing.length > 0) {
    throw new Error(
      `table ${name} is there but lacks the index ${missing.join(" and ")}: it was made by ` +
        "something else, or by an older version; use another data directory",
    )
  }
}

async function createTable(dynamodb: DynamoDBClient, name: string) {
  const schema = (index: { hashKey: string; rangeKey: string }) => [
    { AttributeName: index.hashKey, KeyType: "HASH" as const },
    { AttributeName: index.rangeKey, KeyType: "RANGE" as const },
  ]
  const create = new CreateTableCommand({
    TableName: name,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: Object.entries(table.fields).map(([field, type]) => ({
      AttributeName: field,
      AttributeType: type === "number" ? "N" : "S",
    })),
    KeySchema: schema(table.primaryIndex),
    GlobalSecondaryIndexes: Object.entries(table.globalIndexes).map(([index, facts]) => ({
      IndexName: index,
      KeySchema: schema(facts),
      Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: [...facts.projection] },
    })),
  })
  await dynamodb.send(create).catch((error: unknown) => {
    // Two starts on one service at the same time: the other one creates it.
    if (!(error instanceof ResourceInUseException)) throw error
  })
}

const LOOK_MS = 20
const WAKE_MS = 2_000
const USABLE_MS = 60_000

async function whenUsable(
  dynamodb: DynamoDBClient,
  name: string,
  mayWake: boolean,
): Promise<TableDescription> {
  const begunAt = performance.now()
  let isWoken = !mayWake
  for (;;) {
    const found = await describe(dynamodb, name)
    const status = found?.TableStatus ?? "gone"
    if (found && (status === "ACTIVE" || status === "UPDATING")) return found
    const waitedMs = performance.now() - begunAt
    if (waitedMs > USABLE_MS) {
      const fix = "check the table in its database, or use another data directory"
      throw new Error(`table ${name} is ${status} after ${USABLE_MS / 1_000} s: ${fix}`)
    }
    if (status === "CREATING" && waitedMs > WAKE_MS && !isWoken) {
      isWoken = true
      await wake(dynamodb, name)
    }
    await wait(LOOK_MS)
  }
}

// dynalite leaves a table CREATING forever if it is stopped just after creating it. A change of
// throughput, which has no other effect there, ends that state.
async function wake(dynamodb: DynamoDBClient, name: string) {
  const throughput = { ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 } }
  const update = new UpdateTableCommand({
    TableName: name,
    BillingMode: "PROVISIONED",
    ...throughput,
    GlobalSecondaryIndexUpdates: Object.keys(table.globalIndexes).map((IndexName) => ({
      Update: { IndexName, ...throughput },
    })),
  })
  await dynamodb.send(update)
}

async function describe(dynamodb: DynamoDBClient, name: string) {
  try {
    return (await dynamodb.send(new DescribeTableCommand({ TableName: name }))).Table
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined
    throw error
  }
}

// dynalite does not support TTL. Readers filter expired items, so a refusal only costs disk space.
async function expire(dynamodb: DynamoDBClient, name: string) {
  const specification = { AttributeName: table.ttl, Enabled: true }
  await dynamodb
    .send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification: specification }))
    .catch(() => undefined)
}
