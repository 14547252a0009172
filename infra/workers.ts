import * as facts from "./facts.ts"
import { makeFunction } from "./function.ts"
import { queueNames, queues, rejectedQueue } from "./queues.ts"
import { onDataKey, onIndex, onQueue, onRejected, onTable, polls } from "./rights.ts"
import { linkedSettings, settings } from "./deployment-settings.ts"
import { dataKey, table } from "./storage.ts"

// Each function is linked to the queues that it sends to. `release` decrypts no secret.
const link = [table, linkedSettings]

export const ingest = makeFunction("Ingest", {
  description: "Checks, claims and fans out what collectors send",
  handler: "functions/ingest.handler",
  timeoutSeconds: facts.queues.Ingest.timeoutSeconds,
  isTraced: true,
  memory: `${facts.megabytes.ingest} MB`,
  link: [...link, dataKey, queues.Ingest, queues.Delivery, queues.Jobs, rejectedQueue],
  permissions: [
    polls("Ingest"),
    onTable("BatchGetItem", "GetItem", "PartiQLInsert", "PutItem", "Query", "UpdateItem"),
    onQueue("Ingest")("SendMessage"),
    onQueue("Delivery")("SendMessage"),
    onQueue("Jobs")("SendMessage"),
    onRejected("SendMessage"),
    onDataKey("GenerateMac"),
  ],
})

export const deliver = makeFunction("Deliver", {
  description: "Posts webhooks and records each attempt",
  handler: "functions/deliver.handler",
  timeoutSeconds: facts.queues.Delivery.timeoutSeconds,
  isTraced: true,
  memory: `${facts.megabytes.deliver} MB`,
  // The delivery queue too, because it deletes from both the messages that a slow POST would
  // otherwise keep.
  link: [...link, dataKey, queues.Delivery, queues.Retry, queues.Jobs],
  permissions: [
    polls("Delivery"),
    polls("Retry"),
    onTable("GetItem", "PartiQLInsert", "Query", "UpdateItem"),
    onIndex("due")("Query"),
    onQueue("Retry")("SendMessage"),
    onQueue("Jobs")("SendMessage"),
    onDataKey("GenerateMac"),
  ],
})

export const jobs = makeFunction("Jobs", {
  description: "Recovers, holds, wakes and erases, a page at a time",
  handler: "functions/jobs.handler",
  timeoutSeconds: facts.queues.Jobs.timeoutSeconds,
  isTraced: true,
  memory: `${facts.megabytes.jobs} MB`,
  link: [...link, dataKey, queues.Delivery, queues.Retry, queues.Jobs],
  permissions: [
    polls("Jobs"),
    onTable(
      "BatchGetItem",
      "BatchWriteItem",
      "DeleteItem",
      "GetItem",
      "PartiQLInsert",
      "Query",
      "UpdateItem",
    ),
    onIndex("due")("Query"),
    onIndex("open")("Query"),
    onQueue("Delivery")("SendMessage"),
    onQueue("Retry")("SendMessage"),
    onQueue("Jobs")("SendMessage"),
    onDataKey("GenerateMac"),
  ],
})

export const release = makeFunction("Release", {
  description: "Sends again what has fallen due",
  handler: "functions/release.handler",
  timeoutSeconds: facts.releaseTimeoutSeconds,
  memory: `${facts.megabytes.release} MB`,
  link: [...link, queues.Retry, queues.Jobs],
  permissions: [
    onTable("DeleteItem", "GetItem", "UpdateItem"),
    onIndex("due")("Query"),
    onQueue("Retry")("SendMessage"),
    onQueue("Jobs")("SendMessage"),
  ],
  retries: 0,
  // A run that had to wait for longer is no longer needed: the next one has started.
  maximumEventAgeSeconds: facts.releaseEverySeconds,
})

// Its runs are concurrent, each for some of the shards, so that a million retries that are due
// together are sent in minutes. A run ends before the next minute's starts, is not retried after a
// failure, and claims each item by a condition: two concurrent runs would be harmless. There is
// intentionally no reserved concurrency of 1: an account whose limit is still the initial 10 cannot
// reserve any, and the deploy would fail there.
for (let group = 0; group < facts.releaseGroups; group++) {
  new sst.aws.CronV2(`ReleaseEveryMinute${group}`, {
    schedule: "rate(1 minute)",
    function: release.lambda.arn.apply((arn) => arn as `arn:${string}`),
    event: { group, groups: facts.releaseGroups },
  })
}

const readers = { Ingest: ingest, Delivery: deliver, Retry: deliver, Jobs: jobs }

// Batches of ten without a batching window: no event waits for others, and a busy queue fills its
// batches by itself. Concurrency is limited here, where it slows the poller, and not at the
// function, where it would send messages towards the DLQ.
for (const name of queueNames) {
  const { batchSize, windowSeconds } = facts.queues[name]
  const maximumConcurrency = settings.concurrency[name]
  queues[name].subscribe(
    readers[name].lambda.arn.apply((arn) => arn as `arn:${string}`),
    {
      batch: { size: batchSize, window: `${windowSeconds} seconds`, partialResponses: true },
      transform: { eventSourceMapping: { scalingConfig: { maximumConcurrency } } },
    },
  )
}

// Messages from these functions come back to them. After about 16 such hops Lambda assumes a loop
// and drops the message. Here a hop is a deferred message, a retry, or the next page of a job, and
// all of these end.
for (const [name, { lambda }] of Object.entries({ Ingest: ingest, Deliver: deliver, Jobs: jobs })) {
  new aws.lambda.FunctionRecursionConfig(`${name}Recursion`, {
    functionName: lambda.name,
    recursiveLoop: "Allow",
  })
}
