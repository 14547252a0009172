import { api } from "./api.ts"
import { deadLetterQueues, queues } from "./queues.ts"
import { namespace } from "./namespace.ts"
import { region } from "./stage.ts"
import { table } from "./storage.ts"
import { dollarsOf, perDelivery, perEvent } from "./unit-costs.ts"
import { deliver, ingest, jobs, release } from "./workers.ts"
import type { MetricName } from "../packages/telemetry/src/metric.ts"

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

// The metrics of the workers, as named in packages/telemetry/src/metric.ts.
const own = (name: MetricName, stat: string, dimensions: Record<string, string> = {}): Line => [
  namespace,
  name,
  ...Object.entries(dimensions).flat(),
  { stat, label: Object.values(dimensions).join(" ") || name },
]

const each = (name: MetricName, label: string, values: string[], rest = {}): Line[] =>
  values.map((value) => own(name, "Sum", { [label]: value, ...rest }))

const STATUSES = ["delivered", "failed", "held", "discarded"]
const KINDS = ["webhook", "hubspot", "salesforce", "pipedrive", "zoho"]

// At list prices, with full batches. COST.md has the idle costs. A retry costs more.
const cost = {
  metrics: [
    [{ expression: `e * ${dollarsOf(perEvent)} + a * ${dollarsOf(perDelivery)}`, label: "$" }],
    hidden(own("ringback_ingested_total", "Sum", { outcome: "accepted" }), "e"),
    [{ expression: `SUM(METRICS("k"))`, id: "a", visible: false }],
    ...KINDS.flatMap((kind) =>
      ["ok", "failed"].map((result) =>
        hidden(own("ringback_attempts_total", "Sum", { kind, result }), `k_${kind}_${result}`),
      ),
    ),
  ],
}

function hidden(line: Line, id: string) {
  return [...line.slice(0, -1), { ...(line.at(-1) as object), id, visible: false }]
}

// There is no metric by tenant and endpoint, because each would cost money. The worker's log has
// both: the query runs when the dashboard is viewed, and costs what it reads.
const logWidget = (title: string, x: number, y: number, query: string) =>
  deliver.logGroup.name.apply((name) => ({
    type: "log",
    x,
    y,
    width: 12,
    height: HEIGHT,
    properties: {
      title,
      region: region(),
      view: "table",
      query: `SOURCE '${name}' | ${query}`,
    },
  }))

// Reading order from the top left: lost, late and failing deliveries, then the volume.
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
  widget("What the deliveries came to", 0, 3 * HEIGHT, {
    metrics: each("ringback_deliveries_total", "status", STATUSES),
  }),
  widget("From the PBX to the receiver, seconds", 8, 3 * HEIGHT, {
    metrics: [
      own("ringback_edge_to_receiver_seconds", "p50"),
      own("ringback_edge_to_receiver_seconds", "p99"),
      own("ringback_due_late_seconds", "Maximum"),
    ],
  }),
  widget("Is a PBX silent? Heartbeats received", 16, 3 * HEIGHT, {
    metrics: [own("ringback_ingested_total", "Sum", { outcome: "heartbeat" })],
  }),
  widget("Which CRM fails? Failed attempts", 0, 4 * HEIGHT, {
    metrics: each("ringback_attempts_total", "kind", KINDS, { result: "failed" }),
  }),
  widget("What does it cost? $ in each five minutes", 8, 4 * HEIGHT, cost),
  widget("Messages of collectors, by outcome", 16, 4 * HEIGHT, {
    metrics: each("ringback_ingested_total", "outcome", [
      "accepted",
      "duplicate",
      "deferred",
      "rejected",
      "discarded",
      "later",
    ]),
  }),
  logWidget(
    "Which tenant is late? Milliseconds from the PBX to the receiver",
    0,
    5 * HEIGHT,
    // One line of `batch.delivered` has the slowest delivery of a batch to an endpoint.
    "filter ispresent(edgeToReceiverMs) | stats pct(edgeToReceiverMs, 95) as p95, count() as batches by tenant | sort p95 desc | limit 20",
  ),
  logWidget(
    "Which endpoint fails?",
    12,
    5 * HEIGHT,
    'filter event = "delivery.attempted" and status != "delivered" and status != "discarded" | stats count() as failures by endpointId, tenant, statusCode | sort failures desc | limit 20',
  ),
]

const dashboard = new aws.cloudwatch.Dashboard("Dashboard", {
  dashboardName: `ringback-${$app.stage}`,
  dashboardBody: $jsonStringify({ widgets }),
})

export const dashboardUrl = $interpolate`https://${region()}.console.aws.amazonaws.com/cloudwatch/home?region=${region()}#dashboards/dashboard/${dashboard.dashboardName}`
