import { releaseEverySeconds, releaseGroups } from "../../../infra/facts.ts"
import { alternatives, prices, pricesAsOf } from "../../../infra/prices.ts"
import type { Meter } from "./meter.ts"

export type Counts = {
  /** By number of endpoints, for one event. */
  events: Record<string, Meter>
  /** For one call, on top of its dialing events. */
  calls: Meter
  /** For one event at one endpoint whose order is `latest`. */
  latest: Meter
  heartbeat: Meter
}

/** What is there around the clock, from the evaluated stack. */
export type Standing = { pollers: number; alarms: number; dashboards: number; keys: number }

const MILLION = 1e6
const MONTH_SECONDS = 30.4 * 24 * 3600
const LAMBDA_GIGABYTES = 0.5
/** How long a receiver takes to answer; a batch of ten waits for its slowest. */
const RECEIVER_MS = 200
const BATCH = 10
/** Long polls of Lambda's five pollers a queue, 20 s each. */
const POLLER_RECEIVES = (5 * MONTH_SECONDS) / 20
const HEARTBEAT_SECONDS = 30
const RELEASE_SHARDS = 16
const RELEASE_MS = 50
const RELEASE_GIGABYTES = 1.769
const EVENTUAL_READ_UNITS = 0.5
const GIGABYTE = 1e9

const money = (dollars: number) => dollars.toFixed(2)

const lambda = (invocations: number, billedMs: number, gigabytes = LAMBDA_GIGABYTES) =>
  invocations * prices.lambdaRequest + (billedMs / 1000) * gigabytes * prices.lambdaGigabyteSecond

const partsOf = (endpoints: number, meter: Meter) => ({
  SQS: meter.sqsRequests * prices.sqsRequest,
  DynamoDB: meter.writeUnits * prices.dynamodbWriteUnit + meter.readUnits * prices.dynamodbReadUnit,
  Lambda: lambda(meter.invocations, meter.billedMs + (endpoints / BATCH) * RECEIVER_MS),
  Logs: (meter.logBytes / GIGABYTE) * prices.logGigabyte,
})

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)

const table = (rows: string[][]) => {
  const [head = [], ...body] = rows
  const rule = head.map((_, column) => (column === 0 ? "---" : "--:"))
  return [head, rule, ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n")
}

const eventTable = ({ events }: Counts) => {
  const columns = Object.entries(events).map(([endpoints, meter]) => {
    const parts = partsOf(Number(endpoints), meter)
    return { endpoints: Number(endpoints), meter, parts, total: sum(Object.values(parts)) }
  })
  const row = (title: string, cell: (column: (typeof columns)[0]) => string) => [
    title,
    ...columns.map(cell),
  ]
  return table([
    row("a million events", ({ endpoints }) => `${endpoints} endpoint${endpoints > 1 ? "s" : ""}`),
    row("SQS requests an event", ({ meter }) => meter.sqsRequests.toFixed(1)),
    row("DynamoDB write units an event", ({ meter }) => meter.writeUnits.toFixed(1)),
    row("DynamoDB read units an event", ({ meter }) => meter.readUnits.toFixed(1)),
    row("Lambda invocations an event", ({ meter }) => meter.invocations.toFixed(1)),
    ...(["SQS", "DynamoDB", "Lambda", "Logs"] as const).map((service) =>
      row(`$ ${service}`, ({ parts }) => money(MILLION * parts[service])),
    ),
    row("**$ Ringback**", ({ total }) => `**${money(MILLION * total)}**`),
    ...Object.entries(alternatives).map(([name, priceOf]) =>
      row(`$ ${name}`, ({ endpoints }) => money(priceOf(endpoints))),
    ),
  ])
}

const minus = (all: Meter, part: Meter) =>
  Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, value - part[name as keyof Meter]]),
  ) as Meter

const extrasTable = ({ events, calls, latest }: Counts) => {
  const ordered = minus(latest, events["1"]!)
  const row = (title: string, meter: Meter, endpoints: number) => {
    // Time differs from run to run by more than these cost.
    const { SQS, DynamoDB } = partsOf(endpoints, meter)
    return [
      title,
      meter.sqsRequests.toFixed(1),
      meter.writeUnits.toFixed(1),
      meter.readUnits.toFixed(1),
      money(MILLION * (SQS + DynamoDB)),
    ]
  }
  return table([
    ["on top of it", "SQS requests", "write units", "read units", "$ a million"],
    row("a call, told in three webhooks to one endpoint", calls, 0),
    row("a delivery to an endpoint of order `latest`", ordered, 0),
  ])
}

const idleTable = ({ heartbeat }: Counts, { pollers, alarms, dashboards, keys }: Standing) => {
  const minutes = MONTH_SECONDS / releaseEverySeconds
  const releases = releaseGroups * minutes
  const heartbeats = MONTH_SECONDS / HEARTBEAT_SECONDS
  const items: [string, number][] = [
    [`${pollers} queues, polled for ever`, pollers * POLLER_RECEIVES * prices.sqsRequest],
    [`${keys} KMS key`, keys * prices.kmsKey],
    [`${alarms} alarms`, alarms * prices.alarm],
    [`${dashboards} dashboard`, dashboards * prices.dashboard],
    [
      `release, ${releaseGroups} groups of shards every minute`,
      lambda(releases, releases * RELEASE_MS, RELEASE_GIGABYTES) +
        minutes * RELEASE_SHARDS * EVENTUAL_READ_UNITS * prices.dynamodbReadUnit,
    ],
    ["one collector's heartbeats", heartbeats * sum(Object.values(partsOf(0, heartbeat)))],
  ]
  const total = sum(items.map(([, dollars]) => dollars))
  return table([
    ["idle", "$ a month"],
    ...items.map(([title, dollars]) => [title, money(dollars)]),
    ["**together**", `**${money(total)}**`],
  ])
}

/** COST.md as a whole. */
export const costPage = (counts: Counts, standing: Standing) => `# What it costs

Written by \`node test/infra/cost/write.ts\`: requests and units are counted in a run of the real handlers on the embedded
services (test/infra/cost/counts.json; a test counts them again), prices are those of [prices.ts](prices.ts), us-east-1, as
of ${pricesAsOf}. Look at AWS's own pages before you rely on them.

${eventTable(counts)}

Full batches of ten, events of about a kilobyte, every endpoint wants every event and answers with a 204 after
${RECEIVER_MS} ms. Lambda's time is that of a laptop, at ${LAMBDA_GIGABYTES} GB, with the poller's own calls in it. A slow trickle has
smaller batches: at worst ten times the SQS requests and invocations. A retry costs about what the first attempt did, and two writes
to each index. Not counted: storage, recovery to a point in time, Lambda's own log lines, a NAT gateway of yours.

The alternatives deliver; they have no collector, no record of deliveries by tenant, no retry over days, no recovery.
EventBridge: its events and its API destination calls. SNS: its HTTP deliveries alone. Outpost: its list price.

${extrasTable(counts)}

Calls cost only tenants who ask for them: of an answered call with six dialing events; a busy one has four and two webhooks. Records that
calls refer to are a write for each campaign, list or row event. Nothing is charged to who asks for neither. A message of a pull endpoint has
no SQS request and no POST: a write when it arrives, one for each lease and one for its ack, each with the writes of two indexes; a fetch is a
read, and a waiting one a read every 1.7 s.

${idleTable(counts, standing)}

Each further collector adds its heartbeats; a collector on Fargate (a quarter of a core) and its disk are not in the table.
`
