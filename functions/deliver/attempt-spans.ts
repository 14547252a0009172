import { randomUUID } from "node:crypto"
import { spanIdOf } from "@ringback/events/trace"
import type { DeliveryStatus } from "@ringback/store/delivery"
import type { PushEndpoint } from "@ringback/store/endpoint"
import type { Span } from "@ringback/telemetry/span"
import type { Tracing } from "@ringback/telemetry/tracing"
import { fanOutSpanId } from "@ringback/telemetry/span-ids"
import type { Outcome, Step } from "@ringback/webhooks/attempt-outcome"
import type { DeliveryMessage } from "../messages/delivery.ts"
import { loggable } from "./loggable.ts"
import type { ReadyWork } from "./work.ts"

export type Attempted = {
  trace: string
  /** The attempt's span, which the webhook's `traceparent` names. */
  span: string
  /** Epoch ms. */
  from: number
  to: number
  outcome: Outcome
  status: DeliveryStatus
}

/**
 * Whether the `traceparent` says that this attempt's span is sampled. Attempts after a failure
 * always are, so that the trace shows how the delivery ended. Recovered deliveries start anew.
 */
export const isKeptFromStart = (
  tracing: Tracing,
  trace: string,
  { delivery }: Pick<ReadyWork, "delivery">,
) => (delivery?.tries ?? 0) > 0 || tracing.isSampled(trace)

/** Whether the attempt failed. The spans of failures are kept regardless of sampling. */
export const hasFailed = ({ outcome, status }: Pick<Attempted, "outcome" | "status">) =>
  (!outcome.ok && !outcome.isNeutral) || status === "failed"

/** The span of an attempt, and one span for each request of a connector or for a token. */
export function spansOfAttempt(
  { message, endpoint, delivery }: ReadyWork,
  attempted: Attempted,
): Span[] {
  const { trace, span, from, to, outcome, status } = attempted
  const { statusCode } = outcome
  const deliver: Span = {
    trace,
    id: span,
    parent: fanOutSpanId(trace, message.eventId),
    name: "deliver",
    kind: endpoint.connector ? "internal" : "client",
    from,
    to,
    attributes: {
      ...attributesOf(message),
      "ringback.delivery.status": status,
      "ringback.queued_ms": from - message.madeAt,
      ...(endpoint.connector
        ? { "ringback.connector": receiverKindOf(endpoint) }
        : {
            // A transform can choose another method.
            "http.request.method": endpoint.transform == null ? "POST" : undefined,
            "http.request.resend_count": delivery?.attemptCount || undefined,
            ...serverOf(endpoint.url),
          }),
      "http.response.status_code": statusCode ?? undefined,
      "error.type": hasFailed(attempted) ? errorType(statusCode) : undefined,
    },
    ...(hasFailed(attempted) && { error: loggable(outcome) ?? `the delivery is ${status}` }),
  }
  const steps = outcome.steps ?? []
  return [deliver, ...steps.map((step) => spanOfStep(step, deliver))]
}

/** The span of an attempt that threw. The delivery is tried again. */
export function spanOfThrown(
  message: DeliveryMessage,
  trace: string,
  { from, to, reason }: { from: number; to: number; reason: string },
): Span {
  return {
    trace,
    id: spanIdOf(randomUUID()),
    parent: fanOutSpanId(trace, message.eventId),
    name: "deliver",
    kind: "internal",
    from,
    to,
    attributes: attributesOf(message),
    error: reason,
  }
}

const attributesOf = (message: DeliveryMessage) => ({
  "ringback.tenant": message.tenant,
  "ringback.endpoint.id": message.endpointId,
  "ringback.delivery.id": message.deliveryId,
  "ringback.event.id": message.eventId,
  "ringback.event.type": message.eventType,
  "ringback.delivery.turn": message.turn,
})

// No path and no query: those of a CRM contain phone numbers and addresses of people, and a
// receiver's may contain its secret.
function spanOfStep(step: Step, { trace, id, from }: Span): Span {
  const { method, url, statusCode, durationMs, at = from, purpose } = step
  const isSuccess = statusCode !== null && statusCode < 400
  return {
    trace,
    id: spanIdOf(randomUUID()),
    parent: id,
    name: purpose ?? method,
    kind: "client",
    from: at,
    to: at + durationMs,
    attributes: {
      "http.request.method": method,
      "http.response.status_code": statusCode ?? undefined,
      ...serverOf(url),
      "error.type": isSuccess ? undefined : errorType(statusCode),
    },
    ...(!isSuccess && { error: statusCode === null ? "no answer" : `answered ${statusCode}` }),
  }
}

const errorType = (statusCode: number | null) =>
  statusCode === null ? "no_answer" : String(statusCode)

/** The kind of destination: `webhook`, or the kind of CRM. */
export const receiverKindOf = ({ connector }: PushEndpoint): string => connector?.kind ?? "webhook"

function serverOf(text: string) {
  const { hostname, port, protocol } = new URL(text)
  const scheme = protocol.slice(0, -1)
  const standard = scheme === "https" ? 443 : 80
  return {
    "server.address": hostname,
    "server.port": port === "" ? standard : Number(port),
    "url.scheme": scheme,
  }
}
