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
      const written = [...groups.values()]
      groups = new Map()
      for (const line of linesOf(written.flatMap(partsOf))) write(format(namespace, line, now()))
    },
  }
}

/** Values of metrics that have the same dimensions. */
type Part = { labels: Record<string, string>; values: [name: MetricName, value: Value][] }
type Value = number | number[]

function partsOf({ labels, values }: Group): Part[] {
  const longest = Math.max(...[...values.values()].map(({ length }) => length))
  return Array.from({ length: Math.ceil(longest / MAX_VALUES) }, (_, index) => ({
    labels,
    values: [...values].flatMap(([name, all]): Part["values"] => {
      const some = all.slice(index * MAX_VALUES, (index + 1) * MAX_VALUES)
      const [first] = some
      return first === undefined ? [] : [[name, some.length === 1 ? first : some]]
    }),
  }))
}

type Line = { fields: Record<string, string | Value>; parts: Part[] }

/**
 * CloudWatch charges for each line and byte, so parts share a line. The fields of a line are common
 * to all its parts: those that need different values for a field are on different lines.
 */
function linesOf(parts: Part[]): Line[] {
  const lines: Line[] = []
  for (const part of parts) {
    const line = lines.find((each) => fits(part, each)) ?? { fields: {}, parts: [] }
    if (line.parts.length === 0) lines.push(line)
    line.parts.push(part)
    Object.assign(line.fields, part.labels, Object.fromEntries(part.values))
  }
  return lines
}

const fits = ({ labels, values }: Part, { fields }: Line) =>
  Object.entries(labels).every(([label, value]) => (fields[label] ?? value) === value) &&
  values.every(([name]) => fields[name] === undefined)

const format = (Namespace: string, { fields, parts }: Line, now: number): string =>
  JSON.stringify({
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: parts.map(({ labels, values }) => ({
        Namespace,
        Dimensions: [Object.keys(labels)],
        Metrics: values.map(([Name]) => ({ Name, Unit: metricOf(Name).unit })),
      })),
    },
    ...fields,
  })
