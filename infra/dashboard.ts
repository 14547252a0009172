import { api } from "./api.ts"
import { deadLetterQueues, queues } from "./queues.ts"
import { region } from "./stage.ts"
import { table } from "./storage.ts"
import { deliver, ingest, jobs, release } from "./workers.ts"

type Line = $util.Input<string | { stat?: string; label?: string }>[]

const HEIGHT = 6

const widget = (title: string, x: number, y: number, properties: object) => ({
  type: "metric",
  x,
  y,
  width: 8,
  height: HEIGHT,
  properties: { title, region: region(), period: 300, view: "timeSeries", ...properties },
})

const sqs = (metric: string, from: Record<string, sst.aws.Queue>, stat: string): Line[] =>
  Object.entries(from).map(([label, queue]) => [
    "AWS/SQS",
    metric,
    "QueueName",
    queue.nodes.queue.name,
    { stat, label },
  ])

const workers = { ingest, deliver, jobs, release }

const lambda = (metric: string, stat: string): Line[] =>
  Object.entries(workers).map(([label, worker]) => [
    "AWS/Lambda",
    metric,
    "FunctionName",
    worker.lambda.name,
    { stat, label },
  ])

const gateway = (metric: string, stat: string): Line => [
  "AWS/ApiGateway",
  metric,
  "ApiId",
  api.nodes.api.id,
  { stat },
]

const dynamodb = (metric: string): Line => [
  "AWS/DynamoDB",
  metric,
  "TableName",
  table.name,
  { stat: "Sum" },
]

// What each delivery came to stands in the worker's log; asked when somebody looks, it costs no metric.
const outcomes = deliver.logGroup.name.apply((name) => ({
  type: "log",
  x: 0,
  y: 3 * HEIGHT,
  width: 24,
  height: HEIGHT,
  properties: {
    title: "Attempts by what the delivery became",
    region: region(),
    view: "timeSeries",
    query: `SOURCE '${name}' | filter event = "delivery.attempted" | stats count() by status, bin(5m)`,
  },
}))

// Read from the top left: is anything lost, is anything late, is anything failing; then how much there is.
const widgets = [
  widget("Dead letters: must be 0", 0, 0, {
    metrics: sqs("ApproximateNumberOfMessagesVisible", deadLetterQueues, "Maximum"),
  }),
  widget("Oldest message, seconds", 8, 0, {
    metrics: sqs("ApproximateAgeOfOldestMessage", queues, "Maximum"),
  }),
  widget("Errors and throttles", 16, 0, {
    metrics: [...lambda("Errors", "Sum"), ...lambda("Throttles", "Sum")],
  }),
  widget("Messages sent", 0, HEIGHT, { metrics: sqs("NumberOfMessagesSent", queues, "Sum") }),
  widget("Messages waiting", 8, HEIGHT, {
    metrics: sqs("ApproximateNumberOfMessagesVisible", queues, "Maximum"),
  }),
  widget("Worker duration p95, ms", 16, HEIGHT, { metrics: lambda("Duration", "p95") }),
  widget("Admin API", 0, 2 * HEIGHT, {
    metrics: [gateway("Count", "Sum"), gateway("4xx", "Sum"), gateway("5xx", "Sum")],
  }),
  widget("Worker concurrency", 8, 2 * HEIGHT, {
    metrics: lambda("ConcurrentExecutions", "Maximum"),
  }),
  widget("Table: units and throttles", 16, 2 * HEIGHT, {
    metrics: [
      dynamodb("ConsumedWriteCapacityUnits"),
      dynamodb("ConsumedReadCapacityUnits"),
      dynamodb("WriteThrottleEvents"),
      dynamodb("ReadThrottleEvents"),
    ],
  }),
  outcomes,
]

const dashboard = new aws.cloudwatch.Dashboard("Dashboard", {
  dashboardName: `ringback-${$app.stage}`,
  dashboardBody: $jsonStringify({ widgets }),
})

export const dashboardUrl = $interpolate`https://${region()}.console.aws.amazonaws.com/cloudwatch/home?region=${region()}#dashboards/dashboard/${dashboard.dashboardName}`
