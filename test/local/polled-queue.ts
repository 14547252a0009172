import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
} from "@aws-sdk/client-sqs"
import { type EventSourceOptions, pollQueue, type SqsHandler } from "@ringback/local/event-source"
import { randomUUID } from "node:crypto"
import { after, before } from "node:test"
import { type Services, startServices } from "../harness/stack.ts"

export let services: Services
before(async () => void (services = await startServices()))
after(() => services.close())

const facts = { timeoutSeconds: 5, batchSize: 10, windowSeconds: 0, maximumConcurrency: 4 }

export async function makeQueue(attributes: Record<string, string> = {}) {
  const QueueName = `q${randomUUID()}`
  await services.sqs.send(new CreateQueueCommand({ QueueName, Attributes: attributes }))
  return `${services.sqsUrl}/000000000000/${QueueName}`
}

export async function sendAll(queueUrl: string, bodies: string[]) {
  for (let at = 0; at < bodies.length; at += 10) {
    const Entries = bodies
      .slice(at, at + 10)
      .map((MessageBody, index) => ({ Id: `m${index}`, MessageBody }))
    await services.sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }))
  }
}

export async function attributesOf(queueUrl: string) {
  const get = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] })
  return (await services.sqs.send(get)).Attributes!
}

export async function isEmpty(queueUrl: string) {
  const attributes = await attributesOf(queueUrl)
  return (
    attributes.ApproximateNumberOfMessages === "0" &&
    attributes.ApproximateNumberOfMessagesNotVisible === "0" &&
    attributes.ApproximateNumberOfMessagesDelayed === "0"
  )
}

type Options = Partial<typeof facts> &
  Pick<EventSourceOptions, "spreadMs" | "spreadFrom" | "hasTime" | "waitsAfterMs" | "holdSeconds">

export function poll(
  queueUrl: string,
  handler: SqsHandler,
  { spreadMs, spreadFrom, hasTime, waitsAfterMs, holdSeconds = 1, ...options }: Options = {},
) {
  const errors: unknown[] = []
  const source = pollQueue({
    sqs: services.sqs,
    queueUrl,
    handler,
    facts: { ...facts, ...options },
    spreadMs,
    spreadFrom,
    hasTime,
    waitsAfterMs,
    holdSeconds,
    onError: (error) => errors.push(error),
  })
  return { ...source, errors }
}
