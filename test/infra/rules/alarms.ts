import { metricNames, metricOf } from "@ringback/telemetry/metric"
import { queues } from "../../../infra/facts.ts"
import { find, all, type Kind, queueOf, type Recording, type Resource } from "../recording.ts"
import { makeFaults } from "./faults.ts"

// Which recorded thing a CloudWatch dimension names, and by which of its outputs.
const dimensionKinds: Record<string, [Kind, (resource: Resource) => string]> = {
  QueueName: ["queue", ({ outputs }) => outputs.name],
  FunctionName: ["function", ({ outputs }) => outputs.name],
  TableName: ["table", ({ outputs }) => outputs.name],
  ApiId: ["api", ({ id }) => id],
}

const namesOf = (recording: Recording, dimension: string): string[] => {
  if (dimension === "GlobalSecondaryIndexName") {
    const indexes = all(recording, "table").flatMap(
      ({ inputs }) => inputs.globalSecondaryIndexes as { name: string }[],
    )
    return indexes.map(({ name }) => name)
  }
  const [kind, nameOf] = dimensionKinds[dimension] ?? []
  return kind && nameOf ? all(recording, kind).map(nameOf) : []
}

/** What must ring, by logical name: every DLQ, every queue's age, every function's errors and throttles, the table's, the API. */
const expectedAlarms = (recording: Recording) => [
  ...Object.keys(queues).flatMap((name) => [`${name}DeadLettersNotEmpty`, `${name}QueueOld`]),
  ...all(recording, "function").flatMap(({ name }) => {
    const component = name.replace(/Function$/, "")
    return [`${component}Errors`, `${component}Throttles`]
  }),
  ...["Table", "DueIndex", "OpenIndex"].flatMap((name) => [
    `${name}WriteThrottles`,
    `${name}ReadThrottles`,
  ]),
  "MessagesRejected",
  "ReleaseNotRunning",
  "DueBacklog",
  "ItemsUnreadable",
  "ApiFailures",
]

/** Alarms and dashboard watch things that exist, and every alarm is heard. */
export const alarmFaults = (recording: Recording) => {
  const { faults, expect, expectValues } = makeFaults()
  const topics = all(recording, "topic").map(({ outputs }) => outputs.arn)
  const alarms = all(recording, "alarm")
  const have = new Set(alarms.map(({ name }) => name))
  for (const name of expectedAlarms(recording)) expect(have.has(name), `no alarm ${name}`)

  for (const { name, inputs } of alarms) {
    expectValues(name, inputs, { alarmActions: topics, okActions: topics })
    for (const [dimension, value] of Object.entries<string>(inputs.dimensions ?? {})) {
      const exists = namesOf(recording, dimension).includes(value)
      expect(exists, `${name}: watches ${dimension} ${value}, which is not of this stack`)
    }
    if (!inputs.dimensions) {
      const isFiltered = all(recording, "metricFilter").some(({ inputs: filter }) => {
        const { namespace, name: metric } = filter.metricTransformation
        return namespace === inputs.namespace && metric === inputs.metricName
      })
      expect(isFiltered, `${name}: no log filter makes ${inputs.namespace} ${inputs.metricName}`)
    }
  }

  const notRunning = alarms.find(({ name }) => name === "ReleaseNotRunning")?.inputs ?? {}
  expectValues("ReleaseNotRunning", notRunning, {
    metricName: "Invocations",
    comparisonOperator: "LessThanThreshold",
    treatMissingData: "breaching",
    dimensions: { FunctionName: find(recording, "function", "ReleaseFunction")?.outputs.name },
  })

  for (const name of Object.keys(queues)) {
    const alarm = alarms.find((each) => each.name === `${name}DeadLettersNotEmpty`)
    const queue = all(recording, "queue").find(
      (each) => each.name === queueOf(`${name}DeadLetters`),
    )
    expectValues(`${name}DeadLettersNotEmpty`, alarm?.inputs ?? {}, {
      metricName: "ApproximateNumberOfMessagesVisible",
      dimensions: { QueueName: queue?.outputs.name },
      threshold: 0,
    })
  }
  return [...faults, ...filterFaults(recording), ...dashboardFaults(recording)]
}

const filterFaults = (recording: Recording) => {
  const groups = all(recording, "logGroup").map(({ outputs }) => outputs.name)
  return all(recording, "metricFilter")
    .filter(({ inputs }) => !groups.includes(inputs.logGroupName))
    .map(({ name, inputs }) => `${name}: reads ${inputs.logGroupName}, which is not of this stack`)
}

type Widget = { properties: { title: string; metrics?: unknown[][] } }

const dashboardFaults = (recording: Recording) =>
  all(recording, "dashboard").flatMap(({ inputs }) => {
    const { widgets } = JSON.parse(inputs.dashboardBody) as { widgets: Widget[] }
    return widgets.flatMap(({ properties: { title, metrics = [] } }) =>
      metrics.flatMap((line) => {
        const [space, name, dimension, value] = line
        // The first of an expression's line is an object.
        if (typeof space !== "string") return []
        if (space.startsWith("Ringback/")) return ownMetricFaults(title, line)
        return namesOf(recording, String(dimension)).includes(String(value))
          ? []
          : [`dashboard "${title}": ${name} of ${dimension} ${value} is not of this stack`]
      }),
    )
  })

/** Of the workers' own metrics the name and the dimensions must be those that a worker writes. */
const ownMetricFaults = (title: string, [, name, ...rest]: unknown[]) => {
  const isOne = metricNames.find((each) => each === name)
  if (!isOne) return [`dashboard "${title}": no worker writes ${String(name)}`]
  const dimensions = rest.filter((each, index) => index % 2 === 0 && typeof each === "string")
  const wanted = metricOf(isOne).labels
  return new Set(dimensions).symmetricDifference(new Set<unknown>(wanted)).size === 0
    ? []
    : [`dashboard "${title}": ${isOne} has the dimensions ${wanted.join()}`]
}
