import { randomBytes } from "node:crypto"
import { encodeBase32 } from "@ringback/events/ids"
import * as Delivery from "@ringback/store/delivery"
import * as Endpoint from "@ringback/store/endpoint"
import * as Event from "@ringback/store/event"
import * as Health from "@ringback/store/health"
import type { Posted } from "@ringback/webhooks/endpoint"
import { isSoon, nextDelayMs } from "@ringback/webhooks/schedule"
import type { Outcome } from "@ringback/webhooks/send"
import { signatureHeaders } from "@ringback/webhooks/sign"
import type { Verdict } from "../runtime/batch.ts"
import { disableEndpoint } from "../endpoint/breaker.ts"
import type { DeliveryMessage } from "../messages/delivery.ts"
import { tellExhausted } from "../messages/exhausted.ts"
import { freshReceiver, type DeliverDeps } from "../endpoint/cached-endpoint.ts"
import type { Round } from "./batch-results.ts"
import { bodyOf } from "../dispatch/event-body.ts"

export type Attempted = {
  message: DeliveryMessage
  facts: Delivery.DeliveryFacts
  endpoint: Posted
  /** As read before the attempt; undefined where the message was the first for sure. */
  delivery: Delivery.Delivery | undefined
}

/** What stands under a delayed message: if that is lost, the retry is released so much later. */
export const NET_MS = 15 * 60_000

/** One POST, and at once the write of what came of it. */
export async function attempt(
  deps: DeliverDeps,
  round: Round,
  attempted: Attempted,
): Promise<Verdict> {
  const { message, facts, endpoint } = attempted
  const { table } = deps
  const body = message.body ?? (await bodyFor(deps, message))
  if (typeof body !== "string") {
    await Delivery.advance(table, facts, message.turn, body)
    return "done"
  }
  const at = table.now()
  const outcome = await post(deps, endpoint, message.eventId, body)
  const record: Delivery.Attempt = {
    id: `att_${encodeBase32(randomBytes(10))}`,
    at,
    statusCode: outcome.statusCode,
    durationMs: outcome.durationMs,
    error: outcome.error,
    responseBody: outcome.ok ? null : outcome.responseBody,
  }
  const status = outcome.ok
    ? await settleSuccess(deps, attempted, record)
    : await settleFailure(deps, round, attempted, outcome, record)
  round.note(endpoint, outcome)
  deps.log("delivery.attempted", {
    deliveryId: message.deliveryId,
    eventId: message.eventId,
    endpointId: endpoint.id,
    turn: message.turn,
    statusCode: outcome.statusCode,
    durationMs: outcome.durationMs,
    // Of an answer the code says enough: a redirect's target may hold a secret in its path.
    error: outcome.statusCode === null ? outcome.error : null,
    status,
  })
  return "done"
}

/** The body, or what becomes of a delivery that has none any more. */
async function bodyFor(
  { table }: DeliverDeps,
  { tenant, eventId }: DeliveryMessage,
): Promise<string | Delivery.Change> {
  const event = await Event.get(table, tenant, eventId, { consistent: true })
  if (!event) return { status: "failed", reason: "the event has expired" }
  return event.erased ? { status: "discarded", reason: "erased" } : bodyOf(tenant, event)
}

/** Signs and sends. */
export async function post(
  { table, sender, slowness }: Pick<DeliverDeps, "table" | "sender" | "slowness">,
  endpoint: Posted,
  eventId: string,
  body: string,
): Promise<Outcome> {
  const signature = signatureHeaders({
    id: eventId,
    timestampSeconds: Math.floor(table.now() / 1000),
    body,
    secrets: Endpoint.openSecrets(table, endpoint),
  })
  const { tenant, id: endpointId, url, allowedLoopback, headers } = endpoint
  const answered = slowness.watch(endpointId, () => {
    Health.slow(table, tenant, endpointId).catch(() => undefined)
  })
  try {
    return await sender.send({
      endpointId,
      url,
      allowedLoopback,
      headers: { ...headers, ...signature, "content-type": "application/json" },
      body,
    })
  } finally {
    answered()
  }
}

async function settleSuccess(
  { table }: DeliverDeps,
  { message, facts, delivery }: Attempted,
  record: Delivery.Attempt,
) {
  const written = await Delivery.advance(table, facts, message.turn, {
    status: "delivered",
    attempt: record,
    isNew: message.turn === 0 && delivery === undefined,
  })
  // Another copy decided otherwise meanwhile, but the receiver has it.
  if (written === "lost") await Delivery.settleDelivered(table, facts, record)
  return "delivered"
}

async function settleFailure(
  deps: DeliverDeps,
  round: Round,
  { message, facts, endpoint, delivery }: Attempted,
  outcome: Outcome,
  record: Delivery.Attempt,
): Promise<string> {
  const { table } = deps
  if (outcome.isGone && (await disableGone(deps, endpoint))) {
    const reason = "the endpoint answered 410"
    await Delivery.advance(table, facts, message.turn, { status: "held", attempt: record, reason })
    return "held"
  }
  const tries = (delivery?.tries ?? 0) + 1
  const delayMs = nextDelayMs(tries, deps.random, outcome.retryAfterMs)
  if (delayMs === undefined) {
    await tellExhausted(deps, message, (delivery?.attemptCount ?? 0) + 1)
    await Delivery.advance(table, facts, message.turn, { status: "failed", attempt: record })
    return "failed"
  }
  const nextAt = table.now() + delayMs
  const due = { at: isSoon(delayMs) ? nextAt + NET_MS : nextAt, nextAt }
  const change: Delivery.Change = { status: "pending", attempt: record, due }
  const written = await Delivery.advance(table, facts, message.turn, change)
  // Who lost its turn schedules nothing: one chain of retries, whatever was duplicated.
  if (written === "won" && isSoon(delayMs)) {
    round.later({ ...message, turn: message.turn + 1 }, nextAt)
  }
  return "pending"
}

/** False where the 410 came from a place that the endpoint has left meanwhile. */
async function disableGone(deps: DeliverDeps, asked: Posted): Promise<boolean> {
  const { endpoint, health } = await freshReceiver(deps, asked.tenant, asked.id)
  if (!endpoint || endpoint.url !== asked.url) return false
  if (!endpoint.disabled) await disableEndpoint(deps, endpoint, "gone", health.failingSince)
  return true
}
