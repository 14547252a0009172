import { MAX_RATE } from "@ringback/functions/jobs/wake-rate"
import { MAX_PER_SECOND } from "@ringback/functions/release/pace"
import { MAX_IN_FLIGHT, MAX_IN_FLIGHT_OF_TENANT } from "@ringback/functions/endpoint/slow-share"
import { DUE_SHARDS, EVENT_SHARDS, OPEN_SHARDS, shardsOfEndpoint } from "@ringback/store/item-keys"
import { DEFAULT_RATE } from "@ringback/functions/jobs/default-rate"
import { queues } from "../../infra/facts.ts"
import { assumed } from "./aws/assumptions.ts"
import type { ScaleData } from "./data.ts"

const KEY_WRITES = assumed("keyWriteUnits")
const TABLE_QUOTA = 40_000
const ENDPOINT_SHARDS = shardsOfEndpoint("ep_any").length
const SECONDS_ASKED = 5
const SECONDS_READ = 65
const CHANGE_BYTES = 100
const UNIT_BYTES = 4096

const number = (value: number) => Math.round(value).toLocaleString("en")

/** How many webhooks a second it takes until the announced changes are more than their partition gives. */
export function changesCeiling({ capacity }: ScaleData): number {
  // Each of the instances reads, every five seconds, the announcements of 65: one for each stray failure.
  const asksPerWebhook = 1 / capacity.webhooksABatch / SECONDS_ASKED
  const unitsPerWebhook = (assumed("strayFailures") * SECONDS_READ * CHANGE_BYTES) / UNIT_BYTES
  return Math.sqrt(assumed("keyReadUnits") / (asksPerWebhook * unitsPerWebhook))
}

/** What, how much, and what raises it. */
export const ceilings = (data: ScaleData): [what: string, much: string, raise: string][] => {
  const { eventsABatch, webhooksABatch } = data.capacity
  const carried = (name: "Ingest" | "Delivery", concurrency: number) =>
    number(concurrency * (name === "Ingest" ? eventsABatch : webhooksABatch))
  return [
    [
      "one tenant, or one PBX",
      `${number(EVENT_SHARDS * KEY_WRITES)} events a second`,
      "`EVENT_SHARDS` in packages/store/src/item-keys.ts, for new data",
    ],
    [
      "one endpoint, delivered at once",
      `${number(ENDPOINT_SHARDS * KEY_WRITES)} webhooks a second`,
      "`SHARDS_OF_ENDPOINT`, likewise",
    ],
    [
      "one endpoint, retried: 2 units of its log for each",
      `about ${number((ENDPOINT_SHARDS * KEY_WRITES) / 2)} retries a second`,
      "the same",
    ],
    [
      "one tenant's failures: its part of the index `open`",
      `about ${number((OPEN_SHARDS * KEY_WRITES) / 2)} a second`,
      "`OPEN_SHARDS`",
    ],
    [
      "all retries that `release` carries: 3 units of the index `due` for each",
      `about ${number((DUE_SHARDS * KEY_WRITES) / 3)} a second`,
      "`DUE_SHARDS`, and the groups of `release`",
    ],
    [
      "`release`, by its own pace",
      `${number(MAX_PER_SECOND)} a second in 45 of 60 seconds`,
      "`MAX_PER_SECOND` in functions/release/pace.ts",
    ],
    [
      "one endpoint that was away and is back",
      `${MAX_RATE} a second, after a minute`,
      "`MAX_RATE` in functions/jobs/wake-rate.ts",
    ],
    [
      "a recovery of one endpoint without a rate of its own",
      `${DEFAULT_RATE} a second`,
      "the endpoint's `rateLimit`",
    ],
    ["one endpoint that is slow", `${MAX_IN_FLIGHT} POSTs under way`, "not to be raised"],
    [
      "all slow endpoints of a tenant (not simulated)",
      `${MAX_IN_FLIGHT_OF_TENANT} POSTs under way`,
      "`MAX_IN_FLIGHT_OF_TENANT` in functions/endpoint/slow-share.ts",
    ],
    [
      "Ingest, at 20 batches by default, at 70, at 1,000",
      [20, 70, 1000].map((each) => carried("Ingest", each)).join(", ") + " events a second",
      "`RINGBACK_INGEST_CONCURRENCY`",
    ],
    [
      "Delivery, at 100 batches by default, at 515, at 1,000",
      [100, 515, 1000].map((each) => carried("Delivery", each)).join(", ") + " webhooks a second",
      "`RINGBACK_DELIVERY_CONCURRENCY`; faster receivers; beyond 1,000 a cell",
    ],
    [
      `Retry, at ${queues.Retry.maximumConcurrency} batches by default, at 300`,
      [queues.Retry.maximumConcurrency, 300].map((each) => carried("Delivery", each)).join(", ") +
        " a second, and a tenth of it while each batch has a receiver that hangs",
      "`RINGBACK_RETRY_CONCURRENCY`",
    ],
    [
      "all functions of an account",
      `${number(assumed("accountConcurrency"))} instances`,
      "the quota of concurrent executions",
    ],
    [
      "how fast Lambda's pollers become more",
      `${number(60 * assumed("pollersMoreASecond"))} a minute: ${Math.round((515 - assumed("pollersAtFirst")) / assumed("pollersMoreASecond"))} s until 515`,
      "nothing here; the spool and the queue hold what waits",
    ],
    [
      "a new table",
      `${number(assumed("tableWriteUnits"))} write units a second`,
      "`RINGBACK_WARM_WRITE_UNITS`, `RINGBACK_WARM_READ_UNITS`",
    ],
    ["any table", `${number(TABLE_QUOTA)} units a second`, "the quota of the table"],
    [
      "announced changes: one partition that all instances read",
      `about ${number(changesCeiling(data))} webhooks a second with stray failures as assumed; beyond it settings are read again every ten seconds, and nothing is lost`,
      "a cell",
    ],
  ]
}

/** What each step of ten needs. */
export function steps({ capacity }: ScaleData): string[][] {
  const perEvent = assumed("endpointsOfTenant")
  return [100, 1_000, 10_000, 100_000].map((pbxs) => {
    const events = pbxs * assumed("eventsAPbx")
    const webhooks = events * perEvent
    const cells = Math.max(1, Math.ceil(webhooks / (1_000 * capacity.webhooksABatch * SPARE)))
    const perCell = (value: number) => value / cells
    const needed = (value: number, least: number) => Math.max(least, Math.ceil(value / 10) * 10)
    const ingest = needed(perCell(events) / capacity.eventsABatch / SPARE, 20)
    const delivery = needed(perCell(webhooks) / capacity.webhooksABatch / SPARE, 100)
    const retry = needed(delivery / 3, 50)
    const writes = perCell(events + webhooks) / SPARE
    return [
      number(pbxs),
      number(events),
      number(webhooks),
      number(cells),
      number(ingest),
      number(Math.min(1_000, delivery)),
      number(retry),
      number(Math.max(1_000, needed((ingest + delivery + retry + OTHERS) * 1.1, 0))),
      writes > assumed("tableWriteUnits") ? number(needed(writes, 0)) : "0",
      writes > TABLE_QUOTA ? "raised" : number(TABLE_QUOTA),
    ]
  })
}

// Jobs, release and the API.
const OTHERS = 5 + 8 + 100
// Of what is set, so much is used in the busiest hour.
const SPARE = 0.8
