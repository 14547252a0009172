import * as facts from "./facts.ts"
import { isPermanent } from "./stage.ts"

// As with the table: a link provides the URL, but no permissions.
sst.Linkable.wrap(sst.aws.Queue, (queue) => ({ properties: { url: queue.url } }))

// Also covers what a rename would delete: messages in flight are tenants' events.
const isKept = isPermanent($app.stage)

// AWS keeps a message's age when it moves it: a dead-letter queue with the same retention as its
// source would lose the message.
const makeKeeper = (name: string) =>
  new sst.aws.Queue(
    name,
    { transform: { queue: { messageRetentionSeconds: facts.deadLetterRetentionSeconds } } },
    { retainOnDelete: isKept },
  )

export const queueNames = Object.keys(facts.queues) as facts.QueueName[]

const each = <T>(make: (name: facts.QueueName) => T) =>
  Object.fromEntries(queueNames.map((name) => [name, make(name)])) as Record<facts.QueueName, T>

export const deadLetterQueues = each((name) => makeKeeper(`${name}DeadLetters`))

export const queues = each((name) => {
  const queue = facts.queues[name]
  return new sst.aws.Queue(
    `${name}Queue`,
    {
      visibilityTimeout: `${facts.visibilitySeconds(queue)} seconds`,
      dlq: { queue: deadLetterQueues[name].arn, retry: queue.maxReceiveCount },
      transform: { queue: { messageRetentionSeconds: queue.retentionSeconds } },
    },
    { retainOnDelete: isKept },
  )
})

/**
 * The messages that ingest rejected, with the reason. No function reads the queue, only people do.
 */
export const rejectedQueue = makeKeeper("RejectedQueue")
