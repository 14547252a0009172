import { randomBytes } from "node:crypto"
import { encodeBase32 } from "@ringback/events/ids"
import { spanIdOf, traceIdOf } from "@ringback/events/trace"
import * as Delivery from "@ringback/store/delivery"
import * as Event from "@ringback/store/event"
import { recordSlow } from "@ringback/store/health"
import type { Outcome } from "@ringback/webhooks/send"
import { bodyOf } from "../dispatch/event-body.ts"
import { ERASED } from "../dispatch/event-stop.ts"
import type { Verdict } from "../runtime/batch.ts"
import { inOrder } from "./order.ts"
import { settle } from "./settle.ts"
import type { ReadyWork, StepDeps } from "./work.ts"

/** One try to send it, and at once the write of its outcome. */
export async function attempt(deps: StepDeps, work: ReadyWork): Promise<Verdict> {
  const { message, facts } = work
  const found = await bodyFor(deps, work)
  if (found.ok) return inOrder(deps, work, found.body, (note) => send(deps, work, found, note))
  await Delivery.advance(deps.table, facts, message.turn, found.change)
  return "done"
}

async function send(
  deps: StepDeps,
  work: ReadyWork,
  { body, trace }: { body: string; trace: string },
  note: (outcome: Outcome) => Promise<void>,
): Promise<void> {
  const { message, endpoint } = work
  const at = deps.table.now()
  const id = `att_${encodeBase32(randomBytes(10))}`
  const outcome = await postWatched(deps, work, { body, trace, span: spanIdOf(id) })
  const [status] = await Promise.all([
    settle(deps, work, outcome, recordOf(id, outcome, at)),
    note(outcome),
  ])
  if (!outcome.isNeutral) deps.results.note(endpoint, outcome)
  deps.log("delivery.attempted", {
    deliveryId: message.deliveryId,
    eventId: message.eventId,
    traceId: trace,
    endpointId: endpoint.id,
    turn: message.turn,
    statusCode: outcome.statusCode,
    durationMs: outcome.durationMs,
    error: loggable(outcome),
    status,
  })
}

// Of an answer the code says enough: a redirect's target may hold a secret in its path. What a transform or a connector
// says may quote the event.
const loggable = ({ statusCode, error, ok, isNeutral, steps }: Outcome) =>
  statusCode === null && !ok && !isNeutral && !steps ? error : null

type FoundBody = { ok: true; body: string; trace: string } | { ok: false; change: Delivery.Change }

/** The body, or what becomes of a delivery that has none any more. */
async function bodyFor(
  { table }: StepDeps,
  { message, facts: { tenant, eventId } }: ReadyWork,
): Promise<FoundBody> {
  if (message.body !== undefined) {
    // A message of a release before there were traces bears none.
    return { ok: true, body: message.body, trace: message.trace ?? traceIdOf(eventId) }
  }
  const event = await Event.get(table, tenant, eventId, { consistent: true })
  if (!event) return { ok: false, change: { status: "failed", reason: "the event has expired" } }
  if (event.erased) return { ok: false, change: ERASED }
  return { ok: true, body: bodyOf(tenant, event), trace: traceIdOf(event.message) }
}

/** An endpoint that is slow is noted while the POST goes on, so that other workers move its deliveries aside. */
async function postWatched(
  deps: StepDeps,
  { endpoint, message }: ReadyWork,
  webhook: { body: string; trace: string; span: string },
) {
  const { tenant, id: endpointId } = endpoint
  const answered = deps.slowness.watch(endpointId, () => {
    recordSlow(deps.table, tenant, endpointId).catch(() => undefined)
  })
  try {
    return await deps.outbound.perform(endpoint, { id: message.eventId, ...webhook })
  } finally {
    answered()
  }
}

function recordOf(id: string, outcome: Outcome, at: number): Delivery.Attempt {
  const { ok, statusCode, durationMs, error, responseBody, steps } = outcome
  const said = ok ? null : responseBody
  return { id, at, statusCode, durationMs, error, responseBody: said, ...(steps && { steps }) }
}
