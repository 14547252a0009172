import { prices } from "../../infra/prices.ts"
import type { Run } from "./flow.ts"
import { type Role, roles } from "./setup.ts"

const MILLION = 1e6
/** What the functions are given on AWS, for the price of their time. */
const LAMBDA_GIGABYTES = 0.5

const titlesOf = (engine: string): Record<Role, string> => ({
  collector: "collector",
  workers: "workers",
  sqs: "SQS (fauxqs)",
  dynamodb: `DynamoDB (${engine})`,
})

/** The tables of one benchmark, as text. Every endpoint wants every event. */
export function report(runs: Run[], engine: string): string {
  const titles = titlesOf(engine)
  const requests = (role: Role) => {
    const names = new Set(runs.flatMap((run) => Object.keys(run.usage[role].counts)))
    const perEvent = (run: Run, name: string) => (run.usage[role].counts[name] ?? 0) / run.events
    return [...names]
      .filter((name) => runs.some((run) => perEvent(run, name) >= 0.001))
      .map((name): Row => [name, ...runs.map((run) => three(perEvent(run, name)))])
  }

  return [
    "Ringback, engines on disk. The first two runs have one endpoint.",
    table(
      ["Edge to receiver", ...runs.map((run) => run.name)],
      [
        ["events", ...runs.map((run) => String(run.events))],
        ["deliveries/s", ...runs.map((run) => one(run.deliveries / run.seconds))],
        ["p50, ms", ...runs.map((run) => one(percentile(run.latenciesMs, 0.5)))],
        ["p99, ms", ...runs.map((run) => one(percentile(run.latenciesMs, 0.99)))],
      ],
    ),
    table(
      ["CPU ms an event", ...runs.map((run) => run.name)],
      [
        ...roles.map((role): Row => [
          titles[role],
          ...runs.map((run) => two(run.usage[role].cpuMs / run.events)),
        ]),
        ["together", ...runs.map((run) => two(cpuMsOf(run) / run.events))],
        ["together, a delivery", ...runs.map((run) => two(cpuMsOf(run) / run.deliveries))],
      ],
    ),
    ...causes(runs),
    table(["SQS requests an event", ...runs.map((run) => run.name)], requests("sqs")),
    table(["Workers, an event", ...runs.map((run) => run.name)], requests("workers")),
    table(["Dollars a million events", ...runs.map((run) => run.name)], dollars(runs)),
    "Counted on a laptop, at list prices (infra/prices.ts). The engines' own pace bounds the throughput here. At a slow",
    "pace most SQS requests are receives of one message or none; Lambda's time is this machine's, at 0.5 GB. Index",
    "writes are not in it: what is delivered at once is in no index.",
    "",
  ].join("\n")
}

function dollars(runs: Run[]): Row[] {
  const parts = runs.map((run) => {
    const { sqs, workers } = run.usage
    const unit = (name: string) => workers.counts[name] ?? 0
    const gigabyteSeconds = (unit("billed ms") / 1000) * LAMBDA_GIGABYTES
    return {
      SQS: sum(Object.values(sqs.counts)) * prices.sqsRequest,
      DynamoDB:
        unit("write units") * prices.dynamodbWriteUnit +
        unit("read units") * prices.dynamodbReadUnit,
      Lambda:
        unit("invocations") * prices.lambdaRequest + gigabyteSeconds * prices.lambdaGigabyteSecond,
    }
  })
  const inMillions = (index: number, cost: number) => two((cost / runs[index]!.events) * MILLION)
  const services = ["SQS", "DynamoDB", "Lambda"] as const
  return [
    ...services.map((service): Row => [
      service,
      ...parts.map((part, index) => inMillions(index, part[service])),
    ]),
    ["together", ...parts.map((part, index) => inMillions(index, sum(Object.values(part))))],
  ]
}

/** Where the workers were sampled: their CPU by cause. */
function causes(runs: Run[]): string[] {
  const names = new Set(runs.flatMap((run) => Object.keys(run.usage.workers.causes)))
  if (names.size === 0) return []
  const costOf = (run: Run, name: string) => (run.usage.workers.causes[name] ?? 0) / run.events
  const rows = [...names]
    .toSorted((a, b) => costOf(runs.at(-1)!, b) - costOf(runs.at(-1)!, a))
    .map((name): Row => [name, ...runs.map((run) => three(costOf(run, name)))])
  return [table(["Workers' CPU ms an event", ...runs.map((run) => run.name)], rows)]
}

type Row = [title: string, ...cells: string[]]

export function table(header: Row, rows: Row[]): string {
  const lines = [header, ...rows].map(([title, ...cells]) =>
    [title.padEnd(28), ...cells.map((cell) => cell.padStart(14))].join(""),
  )
  const [first, ...rest] = lines
  return ["", first, "-".repeat(first!.length), ...rest, ""].join("\n")
}

export function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

const cpuMsOf = (run: Run) => sum(roles.map((role) => run.usage[role].cpuMs))
const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
const one = (value: number) => value.toFixed(1)
const two = (value: number) => value.toFixed(2)
const three = (value: number) => value.toFixed(3)
