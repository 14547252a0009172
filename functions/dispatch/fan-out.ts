import type { SQSClient } from "@aws-sdk/client-sqs"
import { advance } from "@ringback/store/delivery"
import * as Endpoint from "@ringback/store/endpoint"
import { idOf, type StoredEvent } from "@ringback/store/event"
import { deliveryId, deliveryRef } from "@ringback/store/keys"
import { waitingFrom } from "@ringback/store/pull"
import type { Table } from "@ringback/store/table"
import { wants } from "@ringback/webhooks/match"
import type { Cache } from "../runtime/cache.ts"
import { formatDelivery, type DeliveryMessage } from "../messages/delivery.ts"
import { reasonOf, type Log } from "../runtime/log.ts"
import { sendAll } from "../messages/send.ts"
import { bodyOf } from "./event-body.ts"

export type FanOutDeps = {
  table: Table
  sqs: SQSClient
  queues: { deliveryUrl: string }
  /** A tenant's endpoints as of at most ten seconds ago. */
  endpoints: Cache<Endpoint.Matching[]>
  log: Log
}

export type Accepted = {
  tenant: string
  event: StoredEvent
  /** The fan-out is a resumption: some of its messages may be out already. */
  again: boolean
}

/** All living endpoints of the tenant, as of at most ten seconds ago. */
export const endpointsOf = ({ table, endpoints }: FanOutDeps, tenant: string) =>
  endpoints.get(tenant, () => Endpoint.list(table, tenant))

/** Sends each event to the endpoints that want it. For each, whether all is on its way; if not, it must come again. */
export async function fanOut(deps: FanOutDeps, accepted: Accepted[]): Promise<boolean[]> {
  const planned = await Promise.all(accepted.map((each) => planSafely(deps, each)))
  // Pooled over the whole batch: ten deliveries a request, whichever event they are of.
  const outgoing = planned.flatMap((messages, index) =>
    (messages ?? []).map((message) => ({
      index,
      body: formatDelivery(message),
      groupId: message.endpointId,
    })),
  )
  const failed = await sendAll(deps.sqs, deps.queues.deliveryUrl, outgoing)
  const incomplete = new Set([...failed].map((at) => outgoing[at]!.index))
  return accepted.map((_, index) => planned[index] !== undefined && !incomplete.has(index))
}

// An event that cannot be planned holds up no other: a batch has those of many tenants.
async function planSafely(deps: FanOutDeps, accepted: Accepted) {
  try {
    return await plan(deps, accepted)
  } catch (error) {
    deps.log("fan-out.failed", { tenant: accepted.tenant, reason: reasonOf(error) })
    return undefined
  }
}

async function plan(deps: FanOutDeps, accepted: Accepted): Promise<DeliveryMessage[]> {
  const { tenant, event, again } = accepted
  const body = bodyOf(tenant, event)
  const candidate = { ...event, webhook: JSON.parse(body) as object }
  const endpoints = await endpointsOf(deps, tenant)
  const messages: DeliveryMessage[] = []
  for (const endpoint of endpoints) {
    if (endpoint.id === event.except || !wants(endpoint, candidate)) continue
    // Who came after the first fan-out began was not meant by it.
    if (again && endpoint.createdAt > event.claimedAt) continue
    const refusal = event.erased ? "erased" : event.refuted
    if (refusal !== undefined) {
      await decide(deps.table, accepted, endpoint.id, "discarded", refusal)
      continue
    }
    if (endpoint.disabled && (await hold(deps, accepted, endpoint.id))) continue
    if (endpoint.pull) await decide(deps.table, accepted, endpoint.id, "pending")
    else messages.push(messageFor(deps.table, accepted, endpoint.id, body))
  }
  return messages
}

function messageFor(
  table: Table,
  { tenant, event, again }: Accepted,
  endpointId: string,
  body: string,
): DeliveryMessage {
  const eventId = idOf(event)
  return {
    v: 1,
    tenant,
    deliveryId: deliveryId(deliveryRef(eventId, endpointId, event.receivedAt)),
    endpointId,
    eventId,
    eventType: event.type,
    turn: 0,
    madeAt: table.now(),
    ...(again ? { again } : {}),
    body,
  }
}

/** False where the endpoint is enabled after all: what is cached may be ten seconds old. */
async function hold(
  { table }: FanOutDeps,
  accepted: Accepted,
  endpointId: string,
): Promise<boolean> {
  const { tenant } = accepted
  const endpoint = await Endpoint.get(table, tenant, endpointId, { consistent: true })
  if (endpoint && !endpoint.disabled && endpoint.deletedAt === undefined) return false
  if (!endpoint || endpoint.deletedAt !== undefined) {
    await decide(table, accepted, endpointId, "discarded", "the endpoint was deleted")
  } else {
    const reason = `the endpoint is disabled (${endpoint.disabledReason})`
    await decide(table, accepted, endpointId, "held", reason)
  }
  return true
}

/** No POST: the delivery is on record with the reason, or waits to be fetched. */
async function decide(
  table: Table,
  { tenant, event }: Accepted,
  endpointId: string,
  status: "held" | "discarded" | "pending",
  reason?: string,
): Promise<void> {
  const eventId = idOf(event)
  const ref = deliveryRef(eventId, endpointId, event.receivedAt)
  const facts = { tenant, ref, endpointId, eventId, eventType: event.type }
  const due = status === "pending" ? waitingFrom(endpointId, table.now()) : undefined
  await advance(table, facts, 0, { status, reason, due })
}
