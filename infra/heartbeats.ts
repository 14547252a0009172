import { ingest } from "./workers.ts"

/** Heartbeats that ingest has seen, from its log: no call, and no right to make one, in the function itself. */
export const heartbeats = {
  namespace: `Ringback/${$app.stage}`,
  metricName: "Heartbeats",
  everySeconds: 30,
}

new aws.cloudwatch.LogMetricFilter("Heartbeats", {
  logGroupName: ingest.logGroup.name,
  pattern: '{ $.event = "batch.ingested" && $.heard > 0 }',
  metricTransformation: {
    namespace: heartbeats.namespace,
    name: heartbeats.metricName,
    value: "$.heard",
  },
})
