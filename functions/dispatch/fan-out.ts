import type { SQSClient } from "@aws-sdk/client-sqs"
import type { Translated } from "@ringback/events/translate"
import { traceIdOf } from "@ringback/events/trace"
import { formatWebhook } from "@ringback/events/webhook-body"
import { advance } from "@ringback/store/delivery"
import { factsOfEvent } from "@ringback/store/delivery-facts"
import * as Endpoint from "@ringback/store/endpoint"
import type { StoredEvent } from "@ringback/store/event"
import { waitingFrom } from "@ringback/store/pull"
import type { Table } from "@ringback/store/table"
import type { Metrics } from "@ringback/telemetry/metric"
import type { Tracing } from "@ringback/telemetry/tracing"
import { wants } from "@ringback/webhooks/subscription"
import pMap from "p-map"
import type { Cache } from "../runtime/cache.ts"
import { bodyInMessage, outgoing, messageFor, type DeliveryMessage } from "../messages/delivery.ts"
import { reasonOf, type Log } from "../runtime/log.ts"
import { sendAll } from "../messages/send.ts"
import { countEnd } from "../runtime/delivery-count.ts"
import { stopForEvent } from "./event-stop.ts"
import { webhookOf } from "./stored-event-body.ts"
import { traceFanOut } from "./fan-out-span.ts"

export type FanOutDeps = {
  table: Table
  sqs: SQSClient
  queues: { deliveryUrl: string }
  /** A tenant's endpoints, at most ten seconds old. */
  endpoints: Cache<Endpoint.Matching[]>
  log: Log
  tracing?: Tracing | undefined
  metrics?: Metrics | undefined
}

export type Accepted = {
  tenant: string
  event: StoredEvent
  /** The fan-out resumes an earlier one: some of its messages may already be sent. */
  again: boolean
  /** The translation of the stored headers, if the caller already has it. */
  translated?: Translated | undefined
}

/** All existing endpoints of the tenant, at most ten seconds old. */
export const endpointsOf = ({ table, endpoints }: FanOutDeps, tenant: string) =>
  endpoints.get(tenant, () => Endpoint.list(table, tenant))

/**
 * Sends each event to its subscribed endpoints. Returns for each event whether all messages were
 * sent. If not, the event must be processed again.
 */
export async function fanOut(deps: FanOutDeps, accepted: Accepted[]): Promise<boolean[]> {
  const from = deps.table.now()
  const planned = await Promise.all(accepted.map((each) => planSafely(deps, each)))
  // Messages are pooled over the whole batch: ten deliveries per request, regardless of their
  // events.
  const pooled = planned.flatMap((messages, index) =>
    (messages ?? []).map((message) => ({ index, message })),
  )
  const failed = await sendAll(deps.sqs, deps.queues.deliveryUrl, formatEach(pooled))
  const incomplete = new Set(pooled.filter((_, at) => failed.has(at)).map(({ index }) => index))
  const isOut = accepted.map((_, index) => planned[index] !== undefined && !incomplete.has(index))
  const { tracing } = deps
  if (tracing) {
    const to = deps.table.now()
    for (const [index, { tenant, event }] of accepted.entries()) {
      const deliveries = planned[index]?.length ?? 0
      traceFanOut(tracing, { tenant, event, deliveries, isOut: isOut[index]! }, from, to)
    }
  }
  return isOut
}

// The messages of an event share its body until they are formatted.
function* formatEach(pooled: { message: DeliveryMessage }[]) {
  for (const { message } of pooled) yield outgoing(message)
}

// An event that cannot be planned must not block others: a batch has events of many tenants.
async function planSafely(deps: FanOutDeps, accepted: Accepted) {
  try {
    return await plan(deps, accepted)
  } catch (error) {
    deps.log("fan-out.failed", { tenant: accepted.tenant, reason: reasonOf(error) })
    return undefined
  }
}

async function plan(deps: FanOutDeps, accepted: Accepted): Promise<DeliveryMessage[]> {
  const { tenant, event, again, translated } = accepted
  const webhook = webhookOf(tenant, event, translated)
  const candidate = { type: event.type, source: event.source, webhook }
  const endpoints = await endpointsOf(deps, tenant)
  const body = bodyInMessage(formatWebhook(webhook))
  const trace = traceIdOf(event.message)
  const subscribed = endpoints.filter(
    (endpoint) =>
      endpoint.id !== event.except &&
      wants(endpoint, candidate) &&
      // An endpoint that was created after the first fan-out began does not get the event.
      !(again && endpoint.createdAt > event.claimedAt),
  )
  const isNew = !again
  const stop = stopForEvent(event)
  const isPullStored = subscribed.filter(({ pull }) => pull).length <= MAX_STORED
  const planOne = async (endpoint: Endpoint.Matching): Promise<DeliveryMessage | undefined> => {
    const facts = factsOfEvent(tenant, event, endpoint.id)
    // No POST is made: the delivery is stored with the reason.
    if (stop) {
      await advance(deps.table, facts, 0, { ...stop, isNew })
      countEnd(deps.metrics, facts, stop.status)
      return undefined
    }
    if (isPullStored && endpoint.pull && !endpoint.disabled) {
      const due = waitingFrom(endpoint.id, deps.table.now())
      await advance(deps.table, facts, 0, { status: "pending", due, isNew })
      return undefined
    }
    const marks = { turn: 0, madeAt: deps.table.now(), ...(again ? { again } : {}) }
    const isSent = body !== undefined && !endpoint.pull
    return messageFor(facts, { ...marks, trace, ...(isSent && { body }) })
  }
  const planned = await pMap(subscribed, planOne, { concurrency: WRITES_AT_ONCE })
  return planned.flatMap((message) => message ?? [])
}

// `deliver` stores what is fetched or held. For a few pull endpoints it is stored here, which saves their
// messages. Other tenants' events wait for ingest: many writes, of one tenant's many events, are too many.
const MAX_STORED = 5

// Of one event: a tenant may have 200 endpoints for which it is stored and not sent.
const WRITES_AT_ONCE = 25
