import * as Delivery from "@ringback/store/delivery"
import type { Endpoint } from "@ringback/store/endpoint"
import { nextDelayMs } from "@ringback/webhooks/schedule"
import type { Outcome } from "@ringback/webhooks/send"
import { freshReceiver } from "../endpoint/cached-endpoint.ts"
import { disableEndpoint } from "../endpoint/disable.ts"
import { formatJob } from "../messages/job.ts"
import { plan } from "../messages/retry-plan.ts"
import { sendOne } from "../messages/send.ts"
import type { ReadyWork, StepDeps } from "./work.ts"

/** Writes the outcome of an attempt, and plans the next one; the delivery's status from here on. */
export async function settle(
  deps: StepDeps,
  work: ReadyWork,
  outcome: Outcome,
  attempt: Delivery.Attempt,
): Promise<Delivery.DeliveryStatus> {
  const { message, facts, endpoint } = work
  const { table } = deps
  const advance = (change: Delivery.Change) =>
    Delivery.advance(table, facts, message.turn, { ...change, attempt })
  if (outcome.ok) {
    // Another copy decided otherwise meanwhile, but the receiver has it.
    const isNew = message.turn === 0 && work.delivery === undefined
    if ((await advance({ status: "delivered", isNew })) === "lost")
      await Delivery.settleDelivered(table, facts, attempt)
    return "delivered"
  }
  if (outcome.isGone && (await disableGone(deps, endpoint))) {
    await advance({ status: "held", reason: "the endpoint answered 410" })
    return "held"
  }
  const tries = (work.delivery?.tries ?? 0) + 1
  const delayMs = nextDelayMs(tries, deps.random, outcome.retryAfterMs)
  if (delayMs === undefined) {
    await tellExhausted(deps, work)
    await advance({ status: "failed" })
    return "failed"
  }
  const now = table.now()
  const { due, isByMessage } = plan(now + delayMs, now)
  const written = await advance({ status: "pending", due })
  // Who lost its turn schedules nothing: one chain of retries, whatever was duplicated.
  if (written === "won" && isByMessage)
    deps.results.retryAt({ ...message, turn: message.turn + 1 }, due.nextAt)
  return "pending"
}

/** False where the 410 came from a place that the endpoint has left meanwhile. */
async function disableGone(deps: StepDeps, asked: Endpoint): Promise<boolean> {
  const { endpoint, health } = await freshReceiver(deps, asked.tenant, asked.id)
  if (!endpoint || endpoint.url !== asked.url) return false
  if (!endpoint.disabled) await disableEndpoint(deps, endpoint, "gone", health.failingSince)
  return true
}

/** Before the write, so that a crash between the two tells it twice, under one id, and never not at all. */
async function tellExhausted(deps: StepDeps, { message, delivery }: ReadyWork): Promise<void> {
  const { tenant, deliveryId, eventId, endpointId, turn } = message
  // Operational events cause none themselves.
  if (message.eventType === "delivery.exhausted" || message.eventType === "endpoint.disabled")
    return
  const attempts = (delivery?.attemptCount ?? 0) + 1
  const job = formatJob({
    v: 1,
    kind: "notify",
    tenant,
    type: "delivery.exhausted",
    at: deps.table.now(),
    identity: [deliveryId, turn],
    except: endpointId,
    data: { deliveryId, eventId, endpointId, attempts },
  })
  await sendOne(deps.sqs, deps.queues.jobsUrl, job)
}
