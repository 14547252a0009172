import {
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb"
import {
  ChangeMessageVisibilityBatchCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs"
import { type InsertMode, makeInsert } from "@ringback/store/insert"
import { randomUUID } from "node:crypto"
import { firstLine } from "./warnings.ts"
import { reachableUrl } from "./provision.ts"
import { SettingError } from "./machine-settings.ts"

const WAIT_SECONDS = 5

/**
 * Performs the workers' operations once on a configured SQS, in a separate queue: a service that
 * refuses any of them would start and deliver nothing. Throws a SettingError that names the missing
 * operation.
 */
export async function probeSqs(sqs: SQSClient): Promise<void> {
  const need = needs("AWS_ENDPOINT_URL_SQS")
  const QueueName = `RingbackProbe-${randomUUID()}`
  const { QueueUrl: given } = await need("CreateQueue", () =>
    sqs.send(new CreateQueueCommand({ QueueName })),
  )
  const QueueUrl = await reachableUrl(sqs, given!)
  try {
    const message = {
      Id: "0",
      MessageBody: "probe",
      MessageGroupId: "probe",
      MessageAttributes: { probe: { DataType: "String", StringValue: "1" } },
    }
    const sent = await need("MessageGroupId on a standard queue (SendMessageBatch)", () =>
      sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [message] })),
    )
    need.all("MessageGroupId on a standard queue (SendMessageBatch)", sent.Failed)
    const { Messages = [] } = await need("ReceiveMessage", () =>
      sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          WaitTimeSeconds: WAIT_SECONDS,
          VisibilityTimeout: 60,
          MessageSystemAttributeNames: ["All"],
          MessageAttributeNames: ["All"],
        }),
      ),
    )
    const [received] = Messages
    if (received?.Body !== "probe") throw need.missing("ReceiveMessage", "the message did not come")
    if (received.Attributes?.SentTimestamp === undefined) {
      throw need.missing("ReceiveMessage", "its answer lacks the attribute SentTimestamp")
    }
    const entry = { Id: "0", ReceiptHandle: received.ReceiptHandle }
    const prolong = [{ ...entry, VisibilityTimeout: 60 }]
    const prolonged = await need("ChangeMessageVisibilityBatch", () =>
      sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: prolong })),
    )
    need.all("ChangeMessageVisibilityBatch", prolonged.Failed)
    const deleted = await need("DeleteMessageBatch", () =>
      sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: [entry] })),
    )
    need.all("DeleteMessageBatch", deleted.Failed)
  } finally {
    await sqs.send(new DeleteQueueCommand({ QueueUrl })).catch(() => undefined)
  }
}

/**
 * The same for a configured DynamoDB: a conditional write must be refused, or every event would be
 * delivered twice. Returns whether it accepts several such writes in one request.
 */
export async function probeDynamodb(
  dynamodb: DynamoDBClient,
  TableName: string,
): Promise<InsertMode | undefined> {
  const need = needs("AWS_ENDPOINT_URL_DYNAMODB")
  const Key = { pk: { S: `probe#${randomUUID()}` }, sk: { S: "probe" } }
  const once = { TableName, Item: Key, ConditionExpression: "attribute_not_exists(pk)" }
  const what = "PutItem with ConditionExpression"
  await need(what, () => dynamodb.send(new PutItemCommand(once)))
  try {
    const again = await dynamodb.send(new PutItemCommand(once)).catch((error: Error) => error)
    if (!(again instanceof Error)) throw need.missing(what, "the condition was passed over")
    if (again.name !== "ConditionalCheckFailedException") throw need.missing(what, again)
    await need("UpdateItem", () =>
      dynamodb.send(
        new UpdateItemCommand({
          TableName,
          Key,
          UpdateExpression: "SET #n = if_not_exists(#n, :zero) + :one",
          ExpressionAttributeNames: { "#n": "n" },
          ExpressionAttributeValues: { ":zero": { N: "0" }, ":one": { N: "1" } },
          ReturnValues: "ALL_NEW",
        }),
      ),
    )
    const insert = makeInsert(dynamodb, TableName, "statements")
    // Written over the existing item, which it must refuse.
    const isTaken = await insert({ pk: Key.pk.S, sk: Key.sk.S })
      .then((isNew) => !isNew)
      .catch(() => false)
    return isTaken ? "statements" : undefined
  } finally {
    await dynamodb.send(new DeleteItemCommand({ TableName, Key })).catch(() => undefined)
  }
}

function needs(setting: string) {
  const missing = (what: string, reason: unknown) => {
    const words = reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason)
    const remedy = "use another service or version, or leave the setting out for the embedded one"
    return new SettingError(setting, `it lacks ${what} (${firstLine(words)}); ${remedy}`)
  }
  const need = async <T>(what: string, ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask()
    } catch (error) {
      throw missing(what, error)
    }
  }
  const all = (
    what: string,
    failed: { Code?: string | undefined; Message?: string | undefined }[] = [],
  ) => {
    const [first] = failed
    if (first) throw missing(what, `${first.Code}: ${first.Message}`)
  }
  return Object.assign(need, { all, missing })
}
