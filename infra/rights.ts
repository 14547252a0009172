import { deadLetterQueues, queues, rejectedQueue } from "./queues.ts"
import { kmsKey, table } from "./storage.ts"

// Exactly the calls of each function's code: test/infra compares these lists with the calls that
// test/calls.test.ts records. IAM treats a batch as its single action: SendMessageBatch needs
// sqs:SendMessage.

type Permission = { actions: string[]; resources: $util.Input<string>[] }

const on =
  (service: string, resource: $util.Input<string>) =>
  (...actions: string[]): Permission => ({
    actions: actions.map((action) => `${service}:${action}`),
    resources: [resource],
  })

export const onTable = on("dynamodb", table.arn)
export const onIndex = (name: "due" | "open") =>
  on("dynamodb", $interpolate`${table.arn}/index/${name}`)
export const onQueue = (name: keyof typeof queues) => on("sqs", queues[name].arn)
export const onDeadLetters = (name: keyof typeof queues) => on("sqs", deadLetterQueues[name].arn)
export const onRejected = on("sqs", rejectedQueue.arn)
export const onDataKey = on("kms", kmsKey.arn)

/** The calls that Lambda's poller makes with the function's role. */
export const polls = (name: keyof typeof queues) =>
  onQueue(name)("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
