import { HEARTBEAT_SECONDS } from "@ringback/events/heartbeat"
import {
  coreMegabytes,
  megabytes,
  releaseEverySeconds,
  releaseGroups,
} from "../../../infra/facts.ts"
import { alternatives, prices, pricesAsOf } from "../../../infra/prices.ts"
import {
  billOf,
  CPU_MS,
  dollarsOf,
  gigabyteMsOf,
  RECEIVER_MS,
  SERVICES_MS,
  type Use,
} from "../../../infra/unit-costs.ts"
import { BATCHES, FULL, TRANSPORT_BYTES } from "./count.ts"
import type { Meter } from "./meter.ts"

export type Counts = {
  /** For one event, by number of endpoints and size of the batches. */
  events: Record<string, Record<string, Meter>>
  /** For one call, on top of its dialing events. */
  calls: Meter
  /** For one event at one endpoint whose order is `latest`. */
  latest: Meter
  /** For one delivery whose ten attempts fail, on top of one that succeeds. */
  failures: Meter
  /** By size of the batches. */
  heartbeat: Record<string, Meter>
}

/** What is there around the clock, from the evaluated stack. */
export type Standing = {
  pollers: number
  alarms: number
  dashboards: number
  keys: number
  schedules: number
}

const MILLION = 1e6
const MONTH_SECONDS = 30.4 * 24 * 3600
/** Long polls of Lambda's five pollers a queue, 20 s each. */
const POLLER_RECEIVES = (5 * MONTH_SECONDS) / 20
const RELEASE_SHARDS = 16
const RELEASE_MS = 50
const RELEASE_GIGABYTES = 1.769
const EVENTUAL_READ_UNITS = 0.5
/** Sets of dimensions that occur in an ordinary stage, and those of the metric filters. */
const METRICS = 18

const money = (dollars: number) => dollars.toFixed(2)

/** An event and its deliveries in batches of this size. */
const useOf = (meter: Meter, endpoints: number, batch: number): Use => ({
  ...meter,
  gigabyteMs:
    gigabyteMsOf("ingest", CPU_MS.event, SERVICES_MS / batch) +
    endpoints * gigabyteMsOf("deliver", CPU_MS.delivery, (SERVICES_MS + RECEIVER_MS) / batch),
})

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)

const table = (rows: string[][]) => {
  const [head = [], ...body] = rows
  const rule = head.map((_, column) => (column === 0 ? "---" : "--:"))
  return [head, rule, ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n")
}

type Column = { endpoints: number; batch: number; use: Use }

const columnOf = ({ events }: Counts, endpoints: number, batch: number): Column => ({
  endpoints,
  batch,
  use: useOf(events[endpoints]![batch]!, endpoints, batch),
})

const batchNames: Record<number, string> = { [FULL]: "full", 3: "of three", 1: "of one" }

const eventTable = (counts: Counts) => {
  const columns = [1, 3].flatMap((endpoints) =>
    BATCHES.map((batch) => columnOf(counts, endpoints, batch)),
  )
  const row = (title: string, cell: (column: Column) => string) => [title, ...columns.map(cell)]
  const count = (title: string, name: keyof Use, digits: number) =>
    row(title, ({ use }) => use[name].toFixed(digits))
  const services = Object.keys(billOf(columns[0]!.use)) as (keyof ReturnType<typeof billOf>)[]
  return table([
    row("a million events, batches", ({ endpoints, batch }) =>
      endpoints === 1 ? batchNames[batch]! : `${endpoints} endpoints, ${batchNames[batch]}`,
    ),
    count("SQS requests an event", "sqsRequests", 1),
    count("DynamoDB write units an event", "writeUnits", 1),
    count("DynamoDB read units an event", "readUnits", 1),
    count("bytes kept an event", "storedBytes", 0),
    count("Lambda invocations an event", "invocations", 1),
    count("Lambda gigabyte-milliseconds an event", "gigabyteMs", 0),
    count("bytes of log an event", "logBytes", 0),
    count("bytes sent to receivers an event", "egressBytes", 0),
    ...services.map((service) =>
      row(`$ ${service}`, ({ use }) => money(MILLION * billOf(use)[service])),
    ),
    row("**$ together**", ({ use }) => `**${money(MILLION * dollarsOf(use))}**`),
  ])
}

const comparison = (counts: Counts) => {
  const all = [1, 3, 10]
  return table([
    ["$ a million events, full batches", "1 endpoint", "3 endpoints", "10 endpoints"],
    [
      "**Ringback**",
      ...all.map((each) => `**${money(MILLION * dollarsOf(columnOf(counts, each, FULL).use))}**`),
    ],
    ...Object.entries(alternatives).map(([name, priceOf]) => [
      name,
      ...all.map((each) => money(priceOf(each))),
    ]),
  ])
}

const minus = (all: Meter, part: Meter) =>
  Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, value - part[name as keyof Meter]]),
  ) as Meter

const extrasTable = ({ events, calls, latest, failures }: Counts) => {
  const ordered = minus(latest, events["1"]![FULL]!)
  const row = (title: string, { sqsRequests, writeUnits, readUnits }: Meter) => {
    // The rest of the bill differs from run to run by more than these add to it.
    const nothing = { invocations: 0, gigabyteMs: 0, logBytes: 0, storedBytes: 0, egressBytes: 0 }
    const dollars = dollarsOf({ ...nothing, sqsRequests, writeUnits, readUnits })
    return [
      title,
      sqsRequests.toFixed(1),
      writeUnits.toFixed(1),
      readUnits.toFixed(1),
      money(MILLION * dollars),
    ]
  }
  return table([
    ["on top of it", "SQS requests", "write units", "read units", "$ a million"],
    row("a call, told in three webhooks to one endpoint", calls),
    row("a delivery to an endpoint of order `latest`", ordered),
    row("a delivery whose ten attempts fail", failures),
  ])
}

const idleTable = ({ pollers, alarms, dashboards, keys, schedules }: Standing) => {
  const minutes = MONTH_SECONDS / releaseEverySeconds
  const releases = releaseGroups * minutes
  const gigabyteSeconds = ((releases * RELEASE_MS) / 1000) * RELEASE_GIGABYTES
  const items: [string, number][] = [
    [`${pollers} queues, polled for ever`, pollers * POLLER_RECEIVES * prices.sqsRequest],
    [`${keys} KMS key`, keys * prices.kmsKey],
    [`${alarms} alarms`, alarms * prices.alarm],
    [`${METRICS} metrics of the workers`, METRICS * prices.metric],
    [`${dashboards} dashboard`, dashboards * prices.dashboard],
    [`${schedules} schedules, every minute`, schedules * minutes * prices.schedule],
    [
      `release, ${releaseGroups} groups of shards every minute`,
      releases * prices.lambdaRequest +
        gigabyteSeconds * prices.lambdaGigabyteSecond +
        minutes * RELEASE_SHARDS * EVENTUAL_READ_UNITS * prices.dynamodbReadUnit,
    ],
  ]
  return table([
    ["idle", "$ a month"],
    ...items.map(([title, dollars]) => [title, money(dollars)]),
    ["**together**", `**${money(sum(items.map(([, dollars]) => dollars)))}**`],
  ])
}

const heartbeatTable = ({ heartbeat }: Counts) => {
  const month = MONTH_SECONDS / HEARTBEAT_SECONDS
  const uses = BATCHES.map((batch) => useOf(heartbeat[batch]!, 0, batch))
  const row = (title: string, cell: (use: Use) => string) => [title, ...uses.map(cell)]
  return table([
    ["a collector's heartbeats, batches", ...BATCHES.map((batch) => batchNames[batch]!)],
    row("heartbeats a month", () => month.toFixed(0)),
    row("SQS requests a heartbeat", ({ sqsRequests }) => sqsRequests.toFixed(1)),
    row("write units a heartbeat", ({ writeUnits }) => writeUnits.toFixed(1)),
    row("read units a heartbeat", ({ readUnits }) => readUnits.toFixed(1)),
    row("bytes of log a heartbeat", ({ logBytes }) => logBytes.toFixed(0)),
    row("**$ a month**", (use) => `**${(month * dollarsOf(use)).toFixed(3)}**`),
  ])
}

/** COST.md as a whole. */
export const costPage = (counts: Counts, standing: Standing) => `# What it costs

Written by \`node test/infra/cost/write.ts\`: requests and units are counted in a run of the real handlers on the embedded
services (test/infra/cost/counts.json; a test counts them again), prices are those of [prices.ts](prices.ts), us-east-1, as
of ${pricesAsOf}, without free tiers. Look at AWS's own pages before you rely on them.

${eventTable(counts)}

Events of about a kilobyte. Every endpoint wants every event and answers with a 204 after ${RECEIVER_MS} ms. A busy queue fills its batches of
${FULL} by itself; where little happens, each message is a batch of its own. Kept for 30 days (the default), with the index entries and the
continuous backup (recovery to a point in time). Lambda's time by formula, in ${megabytes.ingest} MB (ingest) and
${megabytes.deliver} MB (deliver), which have as large a part of a core as of ${coreMegabytes.toLocaleString("en")} MB: ${CPU_MS.event} ms of a whole core an event and ${CPU_MS.delivery} ms a delivery (measured on a
laptop with nothing else to do, the embedded services' work in it), ${SERVICES_MS} ms an invocation for DynamoDB and SQS, and the receivers'
${RECEIVER_MS} ms once a batch. Lambda's own log lines are
off (\`systemLogLevel: WARN\`). Bytes sent are those that arrive at the receiver, and ${TRANSPORT_BYTES} for TLS, TCP and IP. That fair queues cost
more is known from one third-party source alone; it is counted for every request.

A batch window would fill batches where little happens: of one event a second in ten, at one second's more latency, and it would save nothing
where a queue is busy. So there is none.

${comparison(counts)}

The alternatives deliver; they have no collector, no record of deliveries by tenant, no retry over days, no recovery.
EventBridge: its events and its API destination calls. SNS: its HTTP deliveries alone. Outpost: its list price.

${extrasTable(counts)}

Calls cost only tenants who ask for them: of an answered call with six dialing events; a busy one has four and two webhooks. Records that
calls refer to are a write for each campaign, list or row event. Nothing is charged to who asks for neither. A message of a pull endpoint has
no SQS request (those of any other if more than five want the event) and no POST: a write when it arrives, one for each lease and one for its ack, each with the writes of the index \`due\`, the first and the last
with those of \`open\` as well; a fetch is a read, and a waiting one a read every 1.7 s. The failing delivery's write units include both indexes. They are the
same if each response is an error page that names the request, and 111 if all responses are random bytes.

${idleTable(standing)}

${heartbeatTable(counts)}

Not in these tables: a collector on Fargate (a quarter of a core) and its disk, a NAT gateway of yours.
`
