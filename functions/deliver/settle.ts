import { compact } from "@ringback/store/attempt"
import * as Delivery from "@ringback/store/delivery"
import type { Endpoint } from "@ringback/store/endpoint"
import { nextDelayMs } from "@ringback/webhooks/retry-schedule"
import type { Outcome } from "@ringback/webhooks/send"
import { freshReceiver } from "../endpoint/cached-endpoint.ts"
import { disableEndpoint } from "../endpoint/disable.ts"
import { notifyExhausted } from "../messages/exhausted.ts"
import { plan } from "../messages/retry-transport.ts"
import { isFirst, type ReadyWork, type StepDeps } from "./work.ts"

/**
 * Writes the outcome of an attempt and plans the next one. Returns the delivery's new status.
 * `onSent`: see `Insert` of the store.
 */
export async function settle(
  deps: StepDeps,
  work: ReadyWork,
  outcome: Outcome,
  attempt: Delivery.Attempt,
  onSent?: () => void,
): Promise<Delivery.DeliveryStatus> {
  const { message, facts, endpoint } = work
  const { table } = deps
  const kept = compact(attempt, work.delivery?.attempts ?? [])
  const isNew = isFirst(work)
  const advance = (change: Delivery.Change) =>
    Delivery.advance(table, facts, message.turn, { ...change, isNew, onSent, ...kept })
  if (outcome.ok) {
    // Another copy of the message decided otherwise in the meantime, but the receiver has the
    // webhook.
    if ((await advance({ status: "delivered" })) === "lost")
      await Delivery.settleDelivered(table, facts, attempt)
    return "delivered"
  }
  if (outcome.final) {
    const { status, reason } = outcome.final
    // An event that the transform dropped was not attempted.
    if (status === "failed") await advance({ status, reason })
    else await Delivery.advance(table, facts, message.turn, { status, reason })
    return status
  }
  if (outcome.isGone && (await disableGone(deps, endpoint))) {
    await advance({ status: "held", reason: "the endpoint answered 410" })
    return "held"
  }
  const tries = (work.delivery?.tries ?? 0) + 1
  const delayMs = nextDelayMs(tries, deps.random, outcome.retryAfterMs)
  if (delayMs === undefined) {
    const attempts = (work.delivery?.attemptCount ?? 0) + 1
    await notifyExhausted(deps, facts, { turn: message.turn, attempts })
    await advance({ status: "failed" })
    return "failed"
  }
  const now = table.now()
  const { due, isByMessage } = plan(now + delayMs, now)
  const written = await advance({ status: "pending", due })
  // An attempt that lost its turn schedules nothing. There is only one chain of retries, even if
  // messages were duplicated.
  if (written === "won" && isByMessage)
    deps.results.retryAt({ ...message, turn: message.turn + 1 }, due.nextAt)
  return "pending"
}

/** False if the 410 came from a URL that the endpoint no longer has. */
async function disableGone(deps: StepDeps, asked: Endpoint): Promise<boolean> {
  const { endpoint, health } = await freshReceiver(deps, asked.tenant, asked.id)
  if (!endpoint || endpoint.url !== asked.url) return false
  return endpoint.disabled || disableEndpoint(deps, endpoint, "gone", health.failingSince)
}
