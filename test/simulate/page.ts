import { megabytes } from "../../infra/facts.ts"
import { prices, pricesAsOf } from "../../infra/prices.ts"
import { assumed, assumptions } from "./aws/assumptions.ts"
import { ceilings, steps } from "./ceilings.ts"
import type { ScaleData } from "./data.ts"
import { found } from "./found.ts"
import { msOf } from "./job-time.ts"
import type { JobCount } from "./counted/count.ts"
import type { Result } from "./result.ts"
import { scenarioNames, scenarios } from "./scenarios/all.ts"

const MILLION = 1e6
const HOUR_MS = 3_600_000
const JOBS_MEGABYTES = megabytes.jobs.toLocaleString("en")

const number = (value: number, digits = 0) =>
  value.toLocaleString("en", { maximumFractionDigits: digits })

const table = (head: string[], rows: string[][], right = true) =>
  [head, head.map((_, index) => (index === 0 || !right ? "---" : "--:")), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n")

const seconds = (ms: number) => (ms < 10_000 ? `${number(ms)} ms` : `${number(ms / 1000)} s`)

function scenarioTable({ results }: ScaleData): string {
  const row = (title: string, cell: (result: Result) => string) => [
    title,
    ...scenarioNames.map((name) => cell(results[name])),
  ]
  const queueRow = (title: string, of: (result: Result) => Record<string, number>) =>
    row(title, (result) => {
      const { Ingest = 0, Delivery = 0, Retry = 0, Jobs = 0 } = of(result)
      return [Ingest, Delivery, Retry, Jobs].map((each) => number(each, 1)).join(" / ")
    })
  return table(
    ["", ...scenarioNames.map((name) => scenarios[name].title)],
    [
      row("webhooks", ({ webhooks }) => number(webhooks)),
      row("delivered, failed, pending", ({ delivered, failed, pending }) =>
        [delivered, failed, pending].map((each) => number(each)).join(", "),
      ),
      row("edge to receiver, p50", ({ latency }) => seconds(latency.p50)),
      row("p99", ({ latency }) => seconds(latency.p99)),
      row("the longest", ({ latency }) => seconds(latency.most)),
      queueRow("most that waited: Ingest / Delivery / Retry / Jobs", ({ backlog }) => backlog),
      row("queues empty after the load", ({ drainedSeconds }) => `${number(drainedSeconds)} s`),
      queueRow("batches at once, at most", ({ concurrency }) => concurrency),
      queueRow("messages a batch", ({ messagesABatch }) => messagesABatch),
      row("write units a webhook", (each) => number(each.writeUnitsAWebhook, 2)),
      row("read units a webhook", (each) => number(each.readUnitsAWebhook, 2)),
      row("$ a million webhooks", (each) => each.dollarsAMillionWebhooks.toFixed(2)),
      row("requests throttled, refused", ({ throttles, refusedWrites }) =>
        [throttles, refusedWrites].map((each) => number(each)).join(", "),
      ),
      row("POSTs again after a refused write", ({ repeated }) => number(repeated)),
      row("hottest key, of its limit", ({ hotKeys: [key] }) =>
        key ? `\`${key.key}\` ${number(key.share * 100)} %` : "",
      ),
    ],
  )
}

const aboutScenarios = ({ results }: ScaleData) =>
  scenarioNames
    .map((name) => {
      const { load, settings, figures, hotKeys } = results[name]
      const more = Object.entries(figures).map(([what, value]) => `${what}: ${number(value, 2)}`)
      const keys = hotKeys.map(
        ({ key, share, throttles }) =>
          `\`${key}\` ${number(share * 100)} %${throttles > 0 ? `, ${number(throttles)} throttles` : ""}`,
      )
      return `- **${scenarios[name].title}**: ${load}. Settings: ${settings}. ${capital(more.join("; "))}. Hottest keys: ${keys.join("; ")}.`
    })
    .join("\n")

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/** A counted job, by formula at another size. */
function jobsTable({ counted }: ScaleData): string {
  const { recover, erase } = counted
  const columns = ["", "counted", "by formula"]
  const dollars = (job: JobCount, times: number) =>
    times * (job.readUnits * prices.dynamodbReadUnit + job.writeUnits * prices.dynamodbWriteUnit)
  const hours = (job: JobCount, times: number) => (times * msOf(job)) / HOUR_MS
  const block = (job: JobCount, what: string, size: number, items: number): string[][] => {
    const times = size / items
    const line = (title: string, value: number, digits = 0) => [
      `${what}: ${title}`,
      number(value, digits),
      number(value * times, digits),
    ]
    return [
      [`**${what}**`, number(items), number(size)],
      line("pages of 100", job.pages),
      line("read units", job.readUnits),
      line("write units", job.writeUnits),
      line("$", dollars(job, 1), 2),
      [
        `${what}: hours in one function of ${JOBS_MEGABYTES} MB`,
        number(hours(job, 1), 3),
        number(hours(job, times), 1),
      ],
    ]
  }
  return table(columns, [
    ...block(recover, "events recovered, one in ten had failed", MILLION, recover.events),
    ...block(erase, "items of a tenant erased", 10 * MILLION, 2 * erase.events),
  ])
}

function aboutJobs({ counted: { recover, erase } }: ScaleData): string {
  const needed = recover.bytes / 8192 + recover.events / 2
  const items = 2 * erase.events
  return `The recovery read ${number(recover.readUnits)} units where its events and deliveries take ${number(needed)}: ${(recover.readUnits / needed).toFixed(2)} times. Each item is read
once, so that holds at any size; the whole hour, or day, of a tenant is read, whatever its share of failures is. A page's time is
its CPU, ${number(recover.cpuMs / recover.events, 2)} ms an event and ${number(erase.cpuMs / items, 2)} ms an erased item, counted on a busy laptop, and ${assumed("tableMs")} ms for each request to the table that waits
for the one before. An erasure reads eight partitions in turn and deletes in batches of 25, one after the other: at least
${number((items / msOf(erase)) * 1000)} items a second, an eighth of them with one key.`
}

const assumptionTable = () =>
  table(
    ["basis", "value", "what"],
    Object.values(assumptions).map(({ basis, value, unit, what }) => [
      basis,
      `${number(value, 5)} ${unit}`,
      what,
    ]),
    false,
  )

/** SCALE.md as a whole. */
export const scalePage = (data: ScaleData) => `# How far it goes

Written by \`node test/simulate/write.ts\` from simulated runs (test/simulate/results, seed 1); \`npm run simulate\` prints them. **Nothing of it
was measured on AWS.** Prices are those of [prices.ts](prices.ts), ${pricesAsOf}.

**Real** in it: the retry schedule and what carries a retry, the turns and the pace of \`release\`, the thresholds of the breaker, the rates of \`wake\` and
how it judges answers, the share of a slow endpoint, pauses, the keys of the table, the facts of the queues. The jobs below run as they are, on
the embedded engines, and so do the events whose requests and log lines were counted for [COST.md](COST.md). **Modelled**: Lambda's pollers and
instances, SQS with its fair groups, DynamoDB's throughput for each key and for the table with the writes of its indexes, the caches of the
workers, the states of the breaker, PBXs and receivers. What the models take for granted is in the last table.

## Scenarios

${scenarioTable(data)}

Latency is that of first attempts at endpoints that are not at the vendor. A tail of minutes is a batch whose instance died, or whose write was
refused: its messages are visible again after six times the function's timeout.

${aboutScenarios(data)}

## Jobs over much data

${jobsTable(data)}

${aboutJobs(data)}

## Ceilings

${table(["of", "at most", "raised by"], ceilings(data), false)}

## What to raise for each step of ten

${table(
  [
    "PBXs",
    "events/s",
    "webhooks/s",
    "cells",
    "Ingest",
    "Delivery",
    "Retry",
    "instances (quota)",
    "warm write units",
    "table's quota",
  ],
  steps(data),
)}

All but the first four columns are for one cell: a stage of its own, in an account of its own, with a part of the tenants. Ringback does not
spread tenants over cells; each is a deployment with its own API and queues. Until Delivery needs more than 1,000 batches at once, one is enough. A fifth is to spare.

## What the simulation found

${found(data)}

## What is taken for granted

${assumptionTable()}

Not in the model: the second measure of fair queues (the share of processing time), keys that DynamoDB splits by itself, transient faults
of AWS, connections and TLS, transforms, connectors, pull endpoints, calls, and the spool at the edge, which holds what SQS does not take.
`
