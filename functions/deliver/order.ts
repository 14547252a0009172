import { randomBytes } from "node:crypto"
import { advance } from "@ringback/store/delivery"
import * as Order from "@ringback/store/order"
import { orderedOf } from "@ringback/webhooks/order"
import type { Outcome } from "@ringback/webhooks/send"
import { probeAnother } from "../endpoint/breaker.ts"
import { countEnd } from "../runtime/delivery-count.ts"
import { needsSlot } from "./admission.ts"
import { plan } from "../messages/retry-transport.ts"
import type { Verdict } from "../runtime/batch.ts"
import type { ReadyWork, StepDeps } from "./work.ts"

/** Attempts the delivery. `note` is called with the outcome while the outcome is written. */
type Send = (note: (outcome: Outcome) => Promise<void>) => Promise<void>

// A POST takes less time than this. A worker that has held the item for longer has died.
const POST_MS = 20_000
const MIN_WAIT_MS = 2_000
const MAX_WAIT_MS = 10_000

/**
 * Attempts a delivery at once if its endpoint has no order. If the order is `latest`, only one
 * version of a record is attempted at a time, and none that is older than the accepted one. A
 * delivery that has to wait for another version waits briefly in the table and keeps its turn, or its place
 * among the slots.
 */
export async function inOrder(
  deps: StepDeps,
  work: ReadyWork,
  body: string,
  send: Send,
): Promise<Verdict> {
  const { tenant, id: endpointId, order } = work.endpoint
  const ordered =
    order === "latest" ? orderedOf(JSON.parse(body) as Parameters<typeof orderedOf>[0]) : undefined
  if (!ordered) {
    await send(async () => {})
    return "done"
  }
  const sending = { ...ordered, tenant, endpointId, eventId: work.message.eventId }
  // Within this process the attempts wait for each other, which costs no write.
  return deps.turns.inTurn(
    `${endpointId}/${ordered.subject}`,
    () => attemptAlone(deps, work, sending, send),
    () => waitFor(deps, work, Infinity),
  )
}

async function attemptAlone(
  deps: StepDeps,
  work: ReadyWork,
  sending: Order.Sending,
  send: Send,
): Promise<Verdict> {
  const { table } = deps
  if (!work.hasTime()) return "later"
  const holder = randomBytes(9).toString("base64url")
  const acquiredAt = table.now()
  const acquired = await Order.acquire(table, sending, holder)
  if (acquired.outcome === "superseded") return discard(deps, work, acquired.by)
  if (acquired.outcome === "busy") return waitFor(deps, work, acquired.until)
  // A process that was suspended in the meantime may have lost the lease.
  if (!work.hasTime() || table.now() > acquiredAt + Order.LEASE_MS - 2 * POST_MS) {
    await Order.releaseLease(table, sending, holder, false)
    return "later"
  }
  let isNoted = false
  try {
    await send(({ ok, mayHaveArrived }) => {
      isNoted = true
      return Order.releaseLease(table, sending, holder, ok || mayHaveArrived)
    })
  } catch (error) {
    // An attempt that threw before it had an outcome has sent no webhook, and must not supersede
    // anything. A CRM may have received it nevertheless: a connector's record of it is written
    // after its last request.
    if (!isNoted) await Order.releaseLease(table, sending, holder, Boolean(work.endpoint.connector))
    throw error
  }
  return "done"
}

async function discard(
  deps: StepDeps,
  { message, facts }: ReadyWork,
  by: string,
): Promise<Verdict> {
  const { table, log, metrics } = deps
  const change = { status: "discarded" as const, reason: `superseded by ${by}` }
  await advance(table, facts, message.turn, change)
  countEnd(metrics, facts, change.status)
  log("delivery.superseded", { deliveryId: message.deliveryId, eventId: message.eventId, by })
  await probeAnother(deps, message)
  return "done"
}

async function waitFor(deps: StepDeps, work: ReadyWork, until: number): Promise<Verdict> {
  const { table, results } = deps
  const { message, facts } = work
  const now = table.now()
  const isDead = until - now < Order.LEASE_MS - POST_MS
  // Most older versions are superseded in the meantime, so they wait for longer.
  const waitedMs = now - facts.ref.createdAt
  const waitMs = Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, waitedMs / 2))
  const { due, isByMessage } = plan(isDead ? until : now + waitMs, now)
  // Its slot was not used. It gets one at that time instead: otherwise it would wait behind all that has
  // slots by now. A slot is another turn, as in admission.ts.
  const slot = needsSlot(deps, work) ? due.nextAt : undefined
  const keepsTurn = slot === undefined
  const change = { status: "pending" as const, keepsTurn, due, slot }
  const written = await advance(table, facts, message.turn, change)
  const turn = keepsTurn ? message.turn : message.turn + 1
  if (written === "won" && isByMessage) results.retryAt({ ...message, turn }, due.nextAt)
  return "done"
}
