import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { addAction, faultsOf, mappingOf, plant, sound, tableArn, withVariables } from "./plant.ts"
import { get, type Kind } from "./recording.ts"
import { statementsOf } from "./rules/rights.ts"

describe("the rules name a fault that is planted", () => {
  const cases: [string, Kind, string, (inputs: any) => void, RegExp][] = [
    [
      "a missing dead-letter queue",
      "queue",
      "DeliveryQueueQueue",
      (inputs) => delete inputs.redrivePolicy,
      /DeliveryQueueQueue: has no dead-letter queue/,
    ],
    [
      "a panel for a metric that no worker writes",
      "dashboard",
      "Dashboard",
      (inputs) =>
        (inputs.dashboardBody = inputs.dashboardBody.replaceAll("deliveries_total", "sent_total")),
      /dashboard "What the deliveries came to": no worker writes ringback_sent_total/,
    ],
    [
      "a panel that asks for a dimension which a metric has not",
      "dashboard",
      "Dashboard",
      (inputs) => (inputs.dashboardBody = inputs.dashboardBody.replaceAll('"status"', '"tenant"')),
      /ringback_deliveries_total has the dimensions status/,
    ],
    [
      "a visibility that is too short",
      "queue",
      "IngestQueueQueue",
      (inputs) => (inputs.visibilityTimeoutSeconds = 30),
      /IngestQueueQueue: visibilityTimeoutSeconds is 30, must be 180/,
    ],
    [
      "dead letters that are kept no longer than their source",
      "queue",
      "JobsDeadLettersQueue",
      (inputs) => (inputs.messageRetentionSeconds = 604800),
      /JobsDeadLettersQueue: messageRetentionSeconds is 604800, must be 1209600/,
    ],
    [
      "partial responses lost",
      "mapping",
      mappingOf("DeliveryQueue"),
      (inputs) => (inputs.functionResponseTypes = []),
      /functionResponseTypes is \[\], must be \["ReportBatchItemFailures"\]/,
    ],
    [
      "a message that comes back to its function, where Lambda would drop it",
      "recursion",
      "IngestRecursion",
      (inputs) => (inputs.recursiveLoop = "Terminate"),
      /IngestRecursion: recursiveLoop is "Terminate", must be "Allow"/,
    ],
    [
      "a function slower than its queue's visibility allows",
      "function",
      "DeliverFunction",
      (inputs) => (inputs.timeout = 300),
      /DeliverFunction: timeout is 300, must be 60/,
    ],
    [
      "an action too many",
      "role",
      "IngestRole",
      (inputs) => addAction(inputs, "dynamodb:Scan", tableArn),
      /Ingest may dynamodb:Scan on Table, but never does/,
    ],
    [
      "a wildcard",
      "role",
      "DeliverRole",
      (inputs) => addAction(inputs, "dynamodb:*", tableArn),
      /DeliverRole: dynamodb:\* is no exact action/,
    ],
    [
      "a right on somebody else's things",
      "role",
      "DeliverRole",
      (inputs) => addAction(inputs, "sqs:SendMessage", "*"),
      /DeliverRole: \* is not of this stack/,
    ],
    [
      "an action too few",
      "role",
      "IngestRole",
      (inputs) => {
        const [policy] = inputs.inlinePolicies
        policy.policy = policy.policy.replace(',"dynamodb:UpdateItem"', "")
      },
      /Ingest does dynamodb:UpdateItem on Table, but may not/,
    ],
    [
      "a role that a person may take",
      "role",
      "JobsRole",
      (inputs) => {
        const Statement = [{ Principal: { Service: "lambda.amazonaws.com", AWS: "*" } }]
        inputs.assumeRolePolicy = JSON.stringify({ Statement })
      },
      /JobsRole: services is \["Service","AWS"\], must be \["Service"\]/,
    ],
    [
      "an alarm on a name that does not exist",
      "alarm",
      "DeliverErrors",
      (inputs) => (inputs.dimensions.FunctionName = "ringback-deliver"),
      /DeliverErrors: watches FunctionName ringback-deliver, which is not of this stack/,
    ],
    [
      "an alarm on an index that is not there",
      "alarm",
      "OpenIndexWriteThrottles",
      (inputs) => (inputs.dimensions.GlobalSecondaryIndexName = "opened"),
      /OpenIndexWriteThrottles: watches GlobalSecondaryIndexName opened, which is not of this stack/,
    ],
    [
      "a release that stands still, and nobody hears of it",
      "alarm",
      "ReleaseNotRunning",
      (inputs) => (inputs.treatMissingData = "notBreaching"),
      /ReleaseNotRunning: treatMissingData is "notBreaching", must be "breaching"/,
    ],
    [
      "releases that wait for hours and then come all at once",
      "retries",
      "ReleaseEventInvokeConfig",
      (inputs) => delete inputs.maximumEventAgeInSeconds,
      /Release: maximumEventAgeInSeconds is undefined, must be 60/,
    ],
    [
      "an index that is not as ready as its table",
      "table",
      "TableTable",
      (inputs) => delete inputs.globalSecondaryIndexes[0].warmThroughput,
      /TableTable: globalSecondaryIndexes is/,
    ],
    [
      "an alarm that nobody hears",
      "alarm",
      "ApiFailures",
      (inputs) => (inputs.alarmActions = []),
      /ApiFailures: alarmActions is \[\], must be \[/,
    ],
    [
      "a silence that no filter measures",
      "metricFilter",
      "Heartbeats",
      (inputs) => (inputs.metricTransformation.name = "Beats"),
      /CollectorSilent: no log filter makes Ringback\/production Heartbeats/,
    ],
    [
      "an API that may use up the account's concurrency",
      "function",
      "AdminApiFunction",
      (inputs) => delete inputs.reservedConcurrentExecutions,
      /AdminApiFunction: its concurrency is not capped/,
    ],
    [
      "an API that a few tenants can occupy",
      "function",
      "AdminApiFunction",
      (inputs) => (inputs.reservedConcurrentExecutions = 40),
      /AdminApiFunction: a few tenants' waiting requests occupy all its instances/,
    ],
    [
      "TTL gone",
      "table",
      "TableTable",
      (inputs) => delete inputs.ttl,
      /TableTable: ttl is undefined, must be \{"attributeName":"expiresAt","enabled":true\}/,
    ],
    [
      "no recovery to a point in time",
      "table",
      "TableTable",
      (inputs) => (inputs.pointInTimeRecovery.enabled = false),
      /TableTable: pointInTimeRecovery is \{"enabled":false\}/,
    ],
    [
      "a shell in the collector's container",
      "service",
      "Collector",
      (inputs) => (inputs.enableExecuteCommand = true),
      /Collector: enableExecuteCommand is true, must be false/,
    ],
    [
      "a secret in plain text",
      "task",
      "CollectorTask",
      withVariables((all) => [...all, { name: "AMI_SECRET", value: "s" }]),
      /CollectorTask: AMI_SECRET is in plain text/,
    ],
    [
      "a task that a changed secret does not replace",
      "task",
      "CollectorTask",
      withVariables((all) => all.filter(({ name }) => name !== "CREDENTIALS_VERSION")),
      /CollectorTask: version is undefined/,
    ],
    [
      "a collector that may read",
      "policy",
      "CollectorPolicy",
      (inputs) => (inputs.policy = inputs.policy.replace("sqs:SendMessage", "sqs:*")),
      /CollectorPolicy: Statement is /,
    ],
  ]
  for (const [what, kind, name, change, message] of cases) {
    test(what, () => assert.match(plant(kind, name, change).join("\n"), message))
  }

  test("a queue that nobody reads", () => {
    const name = mappingOf("RetryQueue")
    const resources = sound.resources.filter((resource) => resource.name !== name)
    assert.match(faultsOf({ ...sound, resources }).join("\n"), /Retry: 0 functions read it/)
  })

  test("statements are read at all", () => {
    assert.ok(statementsOf(get(sound, "role", "IngestRole")).length > 3)
  })
})
