import { type Labels, metricOf, type MetricName, type Metrics } from "./metric.ts"

// CloudWatch's embedded metric format: a line in the function's log from which CloudWatch creates
// metrics. It needs no call, no permission and no time. Not @aws-lambda-powertools/metrics (2.36):
// it adds 15 KB and 3 ms to each worker's import, and it holds one set of dimensions at a time,
// while a batch has as many as it has outcomes. This file implements the format.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

/** The maximum number of values of a metric in one line. */
const MAX_VALUES = 100

export type EmfOptions = { namespace: string; write: (line: string) => void; now: () => number }

export type Emf = Metrics & {
  /** Writes what was recorded since the last flush. */
  flush: () => void
}

type Group = { labels: Record<string, string>; values: Map<MetricName, number[]> }

export function makeEmf({ namespace, write, now }: EmfOptions): Emf {
  // By dimensions: metrics with the same dimensions share a line.
  let groups = new Map<string, Group>()
  return {
    record(name, all, value) {
      const { kind, labels: wanted } = metricOf(name)
      const labels = Object.fromEntries(
        wanted.map((label) => [label, (all as Labels)[label as never]]),
      )
      const key = JSON.stringify(labels)
      const group = groups.get(key) ?? { labels, values: new Map<MetricName, number[]>() }
      groups.set(key, group)
      const values = group.values.get(name)
      if (!values) group.values.set(name, [value])
      else if (kind === "counter") values[0]! += value
      else values.push(value)
    },
    flush() {
      const written = groups
      groups = new Map()
      for (const group of written.values()) {
        for (let at = 0; hasMore(group, at); at += MAX_VALUES)
          write(format(namespace, group, at, now()))
      }
    },
  }
}

const hasMore = ({ values }: Group, at: number) =>
  [...values.values()].some(({ length }) => length > at)

function format(namespace: string, { labels, values }: Group, at: number, now: number): string {
  const parts = [...values].flatMap(([name, all]) => {
    const some = all.slice(at, at + MAX_VALUES)
    return some.length > 0 ? [[name, some.length === 1 ? some[0]! : some] as const] : []
  })
  const Metrics = parts.map(([Name]) => ({ Name, Unit: metricOf(Name).unit }))
  const Dimensions = [Object.keys(labels)]
  return JSON.stringify({
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [{ Namespace: namespace, Dimensions, Metrics }],
    },
    ...labels,
    ...Object.fromEntries(parts),
  })
}
