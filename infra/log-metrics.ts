import { apiFunction } from "./api.ts"
import { namespace } from "./namespace.ts"
import { deliver, ingest, jobs, release } from "./workers.ts"

// Extracted from a function's log: the function makes no call and needs no permission for it.

/** Regular heartbeats that ingest has received. It logs those sent beside them as `extra`. */
export const heartbeats = { namespace, metricName: "Heartbeats" }

/** How many seconds late the oldest due delivery was when `release` ended. */
export const backlog = { namespace, metricName: "DueBacklogSeconds" }

/** Items that were left out of a page because they could not be parsed. */
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
  pattern: '{ $.event = "batch.ingested" && $.heartbeat > 0 }',
  metricName: heartbeats.metricName,
  value: "$.heartbeat",
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
