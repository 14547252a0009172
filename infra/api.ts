import { makeFunction } from "./function.ts"
import { deadLetterQueues, queueNames, queues, rejectedQueue } from "./queues.ts"
import { onDataKey, onDeadLetters, onIndex, onQueue, onRejected, onTable } from "./rights.ts"
import { linkedSettings, logRetention, settings } from "./deployment-settings.ts"
import { dataKey, operatorKey, table } from "./storage.ts"

const REQUESTS_PER_SECOND = 200

// API Gateway and not a function URL: it throttles before any of our code runs (a flood without a
// key costs a dollar per million requests and no more), supports a domain without a CDN in front,
// and keeps the function private. Its limit of 30 s is twice the duration of the longest request,
// an endpoint's test.
export const api = new sst.aws.ApiGatewayV2("Api", {
  cors: false,
  accessLog: { retention: logRetention },
  ...(settings.apiDomain && { domain: settings.apiDomain }),
  transform: {
    stage: {
      defaultRouteSettings: {
        throttlingRateLimit: REQUESTS_PER_SECOND,
        throttlingBurstLimit: 2 * REQUESTS_PER_SECOND,
        detailedMetricsEnabled: false,
      },
    },
  },
})

export const apiFunction = makeFunction("AdminApi", {
  description: "The admin API",
  handler: "functions/api/index.handler",
  timeoutSeconds: 29,
  // Twice a worker's memory: a person waits for its cold start.
  memory: "1024 MB",
  // Clients that keep requests open must not use up the account's concurrency, which ingest needs.
  ...(settings.apiConcurrency > 0 && { concurrency: settings.apiConcurrency }),
  link: [
    api,
    table,
    dataKey,
    linkedSettings,
    operatorKey,
    rejectedQueue,
    ...queueNames.flatMap((name) => [queues[name], deadLetterQueues[name]]),
  ],
  permissions: [
    onTable("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
    onIndex("due")("Query"),
    onIndex("open")("Query"),
    ...queueNames.map((name) => onQueue(name)("SendMessage")),
    // The operator reads the queues that no function reads, and sends dead letters back.
    ...queueNames.map((name) =>
      onDeadLetters(name)(
        "ChangeMessageVisibility",
        "DeleteMessage",
        "GetQueueAttributes",
        "ReceiveMessage",
      ),
    ),
    onRejected("ChangeMessageVisibility", "GetQueueAttributes", "ReceiveMessage"),
    onDataKey("GenerateMac"),
  ],
})

api.route("$default", apiFunction.lambda.arn)
