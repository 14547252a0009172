import * as facts from "../../../infra/facts.ts"
import { isPermanent } from "../../../infra/stage.ts"
import { all, byArn, find, type Recording, type Resource } from "../recording.ts"
import type { Calls } from "../calls.ts"
import { stages } from "../offline/stages.ts"
import { makeFaults } from "./faults.ts"
import { readers } from "./readers.ts"
import { rightsOf } from "./rights.ts"

// Ends before the next minute's begins, so that two never run side by side.
const release = { timeout: facts.releaseTimeoutSeconds }

/** Queues reach their functions with partial responses and bounded concurrency; functions run as design.md says. */
export const workerFaults = (recording: Recording) => {
  const { faults, expect, expectValues } = makeFaults()
  const mappings = all(recording, "mapping")

  for (const [name, queue] of Object.entries(facts.queues)) {
    const mine = mappings.filter(({ inputs }) => {
      const source = byArn(recording, "queue", inputs.eventSourceArn)
      return source?.name === `${name}QueueQueue`
    })
    expect(mine.length === 1, `${name}: ${mine.length} functions read it, must be one`)
    for (const mapping of mine) {
      expectValues(mapping.name, mapping.inputs, {
        functionResponseTypes: ["ReportBatchItemFailures"],
        batchSize: queue.batchSize,
        maximumBatchingWindowInSeconds: queue.windowSeconds,
        scalingConfig: { maximumConcurrency: concurrencyOf(name as facts.QueueName, recording) },
      })
      const reader = byArn(recording, "function", mapping.inputs.functionName)
      const wanted = `${readers[name as facts.QueueName]}Function`
      expect(reader?.name === wanted, `${name}: ${reader?.name} reads it, must be ${wanted}`)
      if (reader) expectValues(reader.name, reader.inputs, { timeout: queue.timeoutSeconds })
    }
  }

  for (const lambda of all(recording, "function")) {
    expectValues(lambda.name, lambda.inputs, {
      architectures: ["arm64"],
      runtime: "nodejs24.x",
    })
    const { RINGBACK_METRICS_NAMESPACE: namespace } = lambda.inputs.environment?.variables ?? {}
    const wanted = `Ringback/${recording.stage}`
    expect(namespace === wanted, `${lambda.name}: its metrics are in ${namespace}, not ${wanted}`)
    // Bounded by the mappings: a function that refuses would send messages towards their DLQ.
    if (!lambda.name.startsWith("AdminApi"))
      expectValues(lambda.name, lambda.inputs, { reservedConcurrentExecutions: undefined })
    faults.push(...logFaults(recording, lambda))
  }

  const { RINGBACK_OTLP_ENDPOINT: endpoint, RINGBACK_OTLP_LAYER: layer } = stages[recording.stage]!
  for (const name of ["Ingest", "Deliver", "Jobs"]) {
    const { environment, layers } = find(recording, "function", `${name}Function`)?.inputs ?? {}
    const to = environment?.variables?.OTEL_EXPORTER_OTLP_ENDPOINT
    expect((to ?? "") === (endpoint ?? ""), `${name}: its spans go to ${to}, must be ${endpoint}`)
    expect((layers ?? []).join() === (layer ?? ""), `${name}: its layers are ${layers}`)
  }

  for (const name of selfTriggered(rightsOf(recording))) {
    const recursion = find(recording, "recursion", `${name}Recursion`)
    expectValues(`${name}Recursion`, recursion?.inputs ?? {}, {
      functionName: find(recording, "function", `${name}Function`)?.outputs.name,
      recursiveLoop: "Allow",
    })
  }
  return [...faults, ...scheduleFaults(recording)]
}

// A stage may have another one than the facts, by a setting.
const concurrencyOf = (name: facts.QueueName, { stage }: Recording) =>
  Number(stages[stage]?.[`RINGBACK_${name.toUpperCase()}_CONCURRENCY`]) ||
  facts.queues[name].maximumConcurrency

// Functions whose messages can come back to them, over whatever queues: by what they may send, and who reads it.
const selfTriggered = (rights: Calls) => {
  const next = (name: string) =>
    Object.entries(readers)
      .filter(([queue]) => rights[name]?.[`${queue}Queue`]?.includes("sqs:SendMessage"))
      .map(([, reader]) => reader)
  return [...new Set(Object.values(readers))].filter((name) => {
    const reached = new Set<string>()
    for (let todo = next(name); todo.length > 0;) {
      for (const each of todo) reached.add(each)
      todo = todo.flatMap(next).filter((each) => !reached.has(each))
    }
    return reached.has(name)
  })
}

const logFaults = (recording: Recording, { name, inputs }: Resource) => {
  const { faults, expect, expectValues } = makeFaults()
  const logging = inputs.loggingConfig ?? {}
  expectValues(name, logging, { logFormat: "JSON", systemLogLevel: "WARN" })
  const group = all(recording, "logGroup").find(({ outputs }) => outputs.name === logging.logGroup)
  expect(group !== undefined, `${name}: logs to ${logging.logGroup}, which is not of this stack`)
  const retentionInDays = isPermanent(recording.stage) ? 90 : 7
  if (group) expectValues(group.name, group.inputs, { retentionInDays })
  return faults
}

const scheduleFaults = (recording: Recording) => {
  const { faults, expectValues } = makeFaults()
  const lambda = find(recording, "function", "ReleaseFunction")
  const groups = facts.releaseGroups
  for (let group = 0; group < groups; group++) {
    const name = `ReleaseEveryMinute${group}Schedule`
    const { scheduleExpression, state, target } = find(recording, "schedule", name)?.inputs ?? {}
    expectValues(
      name,
      { scheduleExpression, state, arn: target?.arn, input: target?.input },
      {
        scheduleExpression: "rate(1 minute)",
        state: "ENABLED",
        arn: lambda?.outputs.arn,
        input: JSON.stringify({ group, groups }),
      },
    )
  }
  expectValues("ReleaseFunction", lambda?.inputs ?? {}, release)
  const retries = find(recording, "retries", "ReleaseEventInvokeConfig")
  expectValues("Release", retries?.inputs ?? {}, {
    maximumRetryAttempts: 0,
    maximumEventAgeInSeconds: facts.releaseEverySeconds,
  })
  return faults
}
