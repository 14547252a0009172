import { randomBytes } from "node:crypto"
import { encodeBase32 } from "@ringback/events/ids"
import * as Delivery from "@ringback/store/delivery"
import * as Event from "@ringback/store/event"
import { recordSlow } from "@ringback/store/health"
import type { Outcome } from "@ringback/webhooks/send"
import { bodyOf } from "../dispatch/event-body.ts"
import { post } from "./post.ts"
import { settle } from "./settle.ts"
import type { ReadyWork, StepDeps } from "./work.ts"

/** One POST, and at once the write of its outcome. */
export async function attempt(deps: StepDeps, work: ReadyWork): Promise<void> {
  const { message, facts, endpoint } = work
  const { table } = deps
  const body = message.body ?? (await bodyFor(deps, work))
  if (typeof body !== "string") {
    await Delivery.advance(table, facts, message.turn, body)
    return
  }
  const at = table.now()
  const outcome = await postWatched(deps, work, body)
  const status = await settle(deps, work, outcome, recordOf(outcome, at))
  deps.results.note(endpoint, outcome)
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
}

/** The body, or what becomes of a delivery that has none any more. */
async function bodyFor(
  { table }: StepDeps,
  { facts: { tenant, eventId } }: ReadyWork,
): Promise<string | Delivery.Change> {
  const event = await Event.get(table, tenant, eventId, { consistent: true })
  if (!event) return { status: "failed", reason: "the event has expired" }
  return event.erased ? { status: "discarded", reason: "erased" } : bodyOf(tenant, event)
}

/** An endpoint that is slow is noted while the POST goes on, so that other workers move its deliveries aside. */
async function postWatched(deps: StepDeps, { endpoint, message }: ReadyWork, body: string) {
  const { tenant, id: endpointId } = endpoint
  const answered = deps.slowness.watch(endpointId, () => {
    recordSlow(deps.table, tenant, endpointId).catch(() => undefined)
  })
  try {
    return await post(deps, endpoint, { id: message.eventId, body })
  } finally {
    answered()
  }
}

function recordOf(outcome: Outcome, at: number): Delivery.Attempt {
  const { ok, statusCode, durationMs, error, responseBody } = outcome
  const id = `att_${encodeBase32(randomBytes(10))}`
  return { id, at, statusCode, durationMs, error, responseBody: ok ? null : responseBody }
}
