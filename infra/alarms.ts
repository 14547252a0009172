import { api, apiFunction } from "./api.ts"
import { releaseGroups } from "./facts.ts"
import { deadLetterQueues, queueNames, queues, rejectedQueue } from "./queues.ts"
import { settings } from "./deployment-settings.ts"
import { backlog, heartbeats, unreadable } from "./log-metrics.ts"
import { fewestHeartbeats } from "./silence.ts"
import { table } from "./storage.ts"
import { deliver, ingest, jobs, release } from "./workers.ts"

const MINUTE = 60
const PERIOD = 5 * MINUTE

export const alarmTopic = new sst.aws.SnsTopic("Alarms")

if (settings.alarmEmail) {
  new aws.sns.TopicSubscription("AlarmEmail", {
    topic: alarmTopic.arn,
    protocol: "email",
    endpoint: settings.alarmEmail,
  })
}

type Metric = {
  namespace: string
  metricName: string
  statistic: "Sum" | "Maximum"
  dimensions?: Record<string, $util.Input<string>>
}

type Limit = { above: number } | { below: number }

const watch = (name: string, alarmDescription: string, metric: Metric, limit: Limit) =>
  new aws.cloudwatch.MetricAlarm(name, {
    alarmDescription,
    ...metric,
    period: PERIOD,
    evaluationPeriods: 1,
    ...("above" in limit
      ? { comparisonOperator: "GreaterThanThreshold", threshold: limit.above }
      : { comparisonOperator: "LessThanThreshold", threshold: limit.below }),
    // Missing data triggers one alarm. For all the others it means that all is well.
    treatMissingData: "below" in limit ? "breaching" : "notBreaching",
    alarmActions: [alarmTopic.arn],
    okActions: [alarmTopic.arn],
  })

const ofQueue = (
  queue: sst.aws.Queue,
  statistic: Metric["statistic"],
  metricName: string,
): Metric => ({
  namespace: "AWS/SQS",
  metricName,
  statistic,
  dimensions: { QueueName: queue.nodes.queue.name },
})

const ofFunction = (lambda: sst.aws.Function, metricName: string): Metric => ({
  namespace: "AWS/Lambda",
  metricName,
  statistic: "Sum",
  dimensions: { FunctionName: lambda.name },
})

for (const [name, queue] of Object.entries(deadLetterQueues)) {
  const metric = ofQueue(queue, "Maximum", "ApproximateNumberOfMessagesVisible")
  watch(`${name}DeadLettersNotEmpty`, "Redrive it: infra/README.md says how", metric, { above: 0 })
}

watch(
  "MessagesRejected",
  "A collector sends what cannot be believed: a wrong token, or a stranger",
  ofQueue(rejectedQueue, "Sum", "NumberOfMessagesSent"),
  { above: 0 },
)

// Ages include a message's own delay (five minutes at most, in Retry) and one or two failed
// receives.
const oldest = {
  Ingest: 10 * MINUTE,
  Delivery: 10 * MINUTE,
  Retry: 30 * MINUTE,
  Jobs: 60 * MINUTE,
}

for (const name of queueNames) {
  const metric = ofQueue(queues[name], "Maximum", "ApproximateAgeOfOldestMessage")
  watch(`${name}QueueOld`, "Work waits: look at the worker's errors", metric, {
    above: oldest[name],
  })
}

const functions = {
  Ingest: ingest,
  Deliver: deliver,
  Jobs: jobs,
  Release: release,
  AdminApi: apiFunction,
}

for (const [name, { lambda }] of Object.entries(functions)) {
  watch(`${name}Errors`, "Its log says why", ofFunction(lambda, "Errors"), { above: 0 })
  watch(
    `${name}Throttles`,
    "The account's concurrency is used up: ask AWS for more",
    ofFunction(lambda, "Throttles"),
    { above: 0 },
  )
}

// Each group runs five times in a period. An occasional missed run is compensated by the next one.
watch(
  "ReleaseNotRunning",
  "No retry and no probe is sent: look at its schedule",
  ofFunction(release.lambda, "Invocations"),
  { below: 4 * releaseGroups },
)

watch(
  "DueBacklog",
  "Retries are sent late: more has fallen due than release can send",
  { ...backlog, statistic: "Maximum" },
  { above: 5 * MINUTE },
)

watch(
  "ItemsUnreadable",
  "Items of the table are passed over: search the logs for item.unreadable; a newer release wrote them, or they are broken",
  { ...unreadable, statistic: "Sum" },
  { above: 0 },
)

const throttled = (metricName: string, index?: string): Metric => ({
  namespace: "AWS/DynamoDB",
  metricName,
  statistic: "Sum",
  dimensions: { TableName: table.name, ...(index && { GlobalSecondaryIndexName: index }) },
})

// The SDK retries a few of them within milliseconds. A throttled index throttles the table's own
// writes.
const THROTTLED_NOW_AND_THEN = 100

for (const name of ["Table", "DueIndex", "OpenIndex"] as const) {
  const index = { Table: undefined, DueIndex: "due", OpenIndex: "open" }[name]
  for (const what of ["Write", "Read"]) {
    watch(
      `${name}${what}Throttles`,
      "DynamoDB refuses: raise RINGBACK_WARM_WRITE_UNITS or RINGBACK_WARM_READ_UNITS, or look for a hot key",
      throttled(`${what}ThrottleEvents`, index),
      { above: THROTTLED_NOW_AND_THEN },
    )
  }
}

watch(
  "ApiFailures",
  "The admin API answers 5xx",
  {
    namespace: "AWS/ApiGateway",
    metricName: "5xx",
    statistic: "Sum",
    dimensions: { ApiId: api.nodes.api.id },
  },
  { above: 0 },
)

if (settings.expectedCollectors > 0) {
  const { namespace, metricName } = heartbeats
  watch(
    "CollectorSilent",
    `Fewer than ${settings.expectedCollectors} collectors send heartbeats`,
    { namespace, metricName, statistic: "Sum" },
    { below: fewestHeartbeats(settings.expectedCollectors, PERIOD) },
  )
}
