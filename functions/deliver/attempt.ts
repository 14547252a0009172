import { randomBytes } from "node:crypto"
import { encodeBase32 } from "@ringback/events/ids"
import { spanIdOf, traceIdOf } from "@ringback/events/trace"
import * as Delivery from "@ringback/store/delivery"
import * as Event from "@ringback/store/event"
import { recordSlow } from "@ringback/store/health"
import type { Tracing } from "@ringback/telemetry/tracing"
import type { Outcome } from "@ringback/webhooks/send"
import { bodyOf } from "../dispatch/stored-event-body.ts"
import { ERASED, EXPIRED } from "../dispatch/event-stop.ts"
import { probeAnother } from "../endpoint/breaker.ts"
import { estimateMs } from "../endpoint/slow-share.ts"
import type { Verdict } from "../runtime/batch.ts"
import { countEnd } from "../runtime/delivery-count.ts"
import {
  hasFailed,
  isKeptFromStart,
  receiverKindOf,
  spansOfAttempt,
  type Attempted,
} from "./attempt-spans.ts"
import { loggable } from "./loggable.ts"
import { inOrder } from "./order.ts"
import { settle } from "./settle.ts"
import { earlierSpans } from "./earlier-spans.ts"
import { TRUSTED_MS } from "./turn-check.ts"
import { isFirstAttempt, type ReadyWork, type StepDeps } from "./work.ts"

/** One attempt to send the webhook, followed at once by the write of its outcome. */
export async function attempt(deps: StepDeps, work: ReadyWork): Promise<Verdict> {
  const { message, facts } = work
  const found = await bodyFor(deps, work)
  if (found.ok)
    return inOrder(deps, work, found.body, (note) => attemptOnce(deps, work, found, note))
  await Delivery.advance(deps.table, facts, message.turn, found.change)
  countEnd(deps.metrics, facts, found.change.status)
  await probeAnother(deps, message)
  return "done"
}

async function attemptOnce(
  deps: StepDeps,
  work: ReadyWork,
  { body, trace }: { body: string; trace: string },
  note: (outcome: Outcome) => Promise<void>,
): Promise<void> {
  const { message, endpoint } = work
  const { id: endpointId } = endpoint
  const onSent = await deps.unwritten?.begin(endpointId, deps.slowness.shortMs(endpointId))
  const at = deps.table.now()
  const id = `att_${encodeBase32(randomBytes(10))}`
  const span = spanIdOf(id)
  const { tracing } = deps
  const isKept = tracing && isKeptFromStart(tracing, trace, work)
  const outcome = await postWatched(deps, work, { body, trace, span, isKept }).catch(
    (error: unknown) => {
      onSent?.()
      throw error
    },
  )
  const to = deps.table.now()
  const [status] = await Promise.all([
    settle(deps, work, outcome, recordOf(id, outcome, at), onSent).finally(onSent),
    note(outcome),
  ])
  if (!outcome.isNeutral) deps.results.note(endpoint, outcome)
  else if (outcome.final || outcome.ok) await probeAnother(deps, message)
  const edgeToReceiverMs = to - work.facts.ref.createdAt
  const { statusCode, durationMs } = outcome
  const { deliveryId, eventId, tenant, turn } = message
  if (outcome.ok && isFirstAttempt(work) && !isKept) {
    const delivered = { deliveryId, eventId, statusCode, durationMs, edgeToReceiverMs }
    deps.delivered.add(endpoint, delivered)
  } else {
    deps.log("delivery.attempted", {
      deliveryId,
      eventId,
      traceId: trace,
      tenant,
      endpointId,
      turn,
      statusCode,
      durationMs,
      error: loggable(outcome),
      status,
      ...(outcome.ok && { edgeToReceiverMs }),
    })
  }
  count(deps, work, outcome, status)
  if (tracing) traceAttempt(tracing, deps, work, { trace, span, from: at, to, outcome, status })
}

function count(
  { metrics, table }: StepDeps,
  { facts, endpoint }: ReadyWork,
  outcome: Outcome,
  status: Delivery.DeliveryStatus,
) {
  if (!metrics) return
  const { tenant, endpointId, ref } = facts
  countEnd(metrics, facts, status)
  // A discarded delivery was not attempted.
  if (status === "discarded") return
  const result = outcome.ok ? "ok" : "failed"
  const kind = receiverKindOf(endpoint)
  metrics.record("ringback_attempts_total", { kind, result, tenant, endpoint: endpointId }, 1)
  if (!outcome.ok) return
  const seconds = Math.max(0, table.now() - ref.createdAt) / 1000
  metrics.record("ringback_edge_to_receiver_seconds", { tenant }, seconds)
}

function traceAttempt(tracing: Tracing, deps: StepDeps, work: ReadyWork, attempted: Attempted) {
  const { message } = work
  const isKept = isKeptFromStart(tracing, attempted.trace, work)
  if (!isKept && !hasFailed(attempted)) return
  tracing.add(...spansOfAttempt(work, attempted))
  if (!isKept) tracing.addLater(() => earlierSpans(deps.table, message))
}

type FoundBody = { ok: true; body: string; trace: string } | { ok: false; change: Delivery.Change }

/** The body, or the new status of a delivery whose event no longer exists. */
async function bodyFor(
  { table }: StepDeps,
  { message, delivery, facts: { tenant, eventId } }: ReadyWork,
): Promise<FoundBody> {
  // An erasure marks the deliveries that are stored. Of the others it knows those of endpoints that
  // still want the event.
  const mayBeErased = delivery === undefined && table.now() - message.madeAt > TRUSTED_MS
  if (message.body !== undefined && !mayBeErased) {
    // A message from a release without tracing has no trace.
    return { ok: true, body: message.body, trace: message.trace ?? traceIdOf(eventId) }
  }
  const event = await Event.get(table, tenant, eventId, { consistent: true })
  if (!event) return { ok: false, change: EXPIRED }
  if (event.erased) return { ok: false, change: ERASED }
  return { ok: true, body: bodyOf(tenant, event), trace: traceIdOf(event.message) }
}

/**
 * Notes that an endpoint is slow while the POST is still running, so that other workers move its
 * deliveries to the retry queue.
 */
async function postWatched(
  deps: StepDeps,
  { endpoint, message }: ReadyWork,
  webhook: { body: string; trace: string; span: string; isKept: boolean | undefined },
) {
  const { tenant, id: endpointId } = endpoint
  const answered = deps.slowness.watch(endpointId, () => {
    const estimate = (isNew: boolean) => estimateMs(deps.slowness.meanMs(endpointId), isNew)
    recordSlow(deps.table, tenant, endpointId, estimate).catch(() => undefined)
  })
  try {
    return await deps.outbound.sendByKind(endpoint, { id: message.eventId, ...webhook })
  } finally {
    answered()
  }
}

function recordOf(id: string, outcome: Outcome, at: number): Delivery.Attempt {
  const { ok, statusCode, durationMs, error, responseBody, steps } = outcome
  const said = ok ? null : responseBody
  const attempt = { id, at, statusCode, durationMs, error, responseBody: said }
  // Fields of a step that only the trace shows are not stored in the table.
  return steps
    ? { ...attempt, steps: steps.map(({ at: _, purpose: __, ...step }) => step) }
    : attempt
}
