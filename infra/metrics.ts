import { apiFunction } from "./api.ts"
import { namespace } from "./namespace.ts"
import { deliver, ingest, jobs, release } from "./workers.ts"

// Read out of a function's log: no call, and no right to make one, in the function itself.

/** Heartbeats that ingest has heard. */
export const heartbeats = { namespace, metricName: "Heartbeats", everySeconds: 30 }

/** By how many seconds what is due was late when `release` ended. */
export const backlog = { namespace, metricName: "DueBacklogSeconds" }

/** Items that a page left out because they could not be read. */
export const unreadable = { namespace, metricName: "UnreadableItems" }

const filter = (
  { logGroup }: typeof ingest,
  name: string,
  { pattern, metricName, value }: { pattern: string; metricName: string; value: string },
) =>
  new aws.cloudwatch.LogMetricFilter(name, {
    logGroupName: logGroup.name,
    pattern,
    metricTransformation: { namespace, name: metricName, value },
  })

filter(ingest, "Heartbeats", {
  pattern: '{ $.event = "batch.ingested" && $.heard > 0 }',
  metricName: heartbeats.metricName,
  value: "$.heard",
})

filter(release, "DueBacklog", {
  pattern: '{ $.event = "release.ended" && $.lateSeconds > 0 }',
  metricName: backlog.metricName,
  value: "$.lateSeconds",
})

for (const [name, one] of Object.entries({ deliver, ingest, jobs, release, apiFunction })) {
  filter(one, `Unreadable${name[0]!.toUpperCase()}${name.slice(1)}`, {
    pattern: '{ $.event = "item.unreadable" }',
    metricName: unreadable.metricName,
    value: "1",
  })
}
