import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda"
import { traceIdOf } from "@ringback/events/trace"
import { idOf } from "@ringback/store/event"
import { fanOut, type FanOutDeps } from "./dispatch/fan-out.ts"
import { isLarge, receive, type ReceiveDeps } from "./ingest/receive-message.ts"
import { traceIngest } from "./ingest/ingest-spans.ts"
import type { Received } from "./ingest/ingest-outcome.ts"
import { keepInQueue } from "./runtime/batch.ts"
import { reasonOf } from "./runtime/log.ts"
import { resources } from "./resources.ts"

export type IngestDeps = ReceiveDeps & FanOutDeps

/**
 * Reads the ingest queue: verifies each message, claims its event and fans it out. Only then is the
 * message done.
 */
export function ingestHandler(deps: IngestDeps) {
  return async (event: SQSEvent, _context?: Context): Promise<SQSBatchResponse> => {
    const startedAt = deps.table.now()
    const received = await receiveAll(deps, event)
    const accepted = received.flatMap((each) => (each.outcome === "accepted" ? each.accepted : []))
    const sent = await fanOut(deps, accepted)
    const isOut = new Map(accepted.map((each, index) => [each, sent[index]!]))
    const outcomes = received.map((each) =>
      each.outcome === "accepted" && !each.accepted.every((one) => isOut.get(one))
        ? { ...each, outcome: "later" as const, reason: "not all deliveries were sent" }
        : each,
    )
    log(deps, event, outcomes, startedAt)
    count(deps, outcomes)
    if (deps.tracing) traceIngest(deps.tracing, event, outcomes, startedAt, deps.table.now())
    return keepInQueue(event, (index) => outcomes[index]?.outcome === "later")
  }
}

/** Concurrently, except for large messages: each takes 40 MB for a moment, and a batch may have 6 MB. */
async function receiveAll(deps: IngestDeps, { Records }: SQSEvent): Promise<Received[]> {
  let last: Promise<unknown> = Promise.resolve()
  return Promise.all(
    Records.map((record) => {
      if (!isLarge(record)) return receiveOne(deps, record)
      const received = last.then(() => receiveOne(deps, record))
      last = received
      return received
    }),
  )
}

async function receiveOne(deps: IngestDeps, record: SQSRecord): Promise<Received> {
  try {
    return await receive(deps, record)
  } catch (error) {
    return { outcome: "later", reason: reasonOf(error) }
  }
}

function count({ metrics }: IngestDeps, outcomes: Received[]): void {
  for (const { outcome, source = "" } of outcomes)
    metrics?.record("ringback_ingested_total", { outcome, source }, 1)
}

function log(deps: IngestDeps, event: SQSEvent, outcomes: Received[], startedAt: number): void {
  const counts: Record<string, number> = {}
  for (const each of outcomes) {
    // An alarm counts the regular heartbeats: see infra/silence.ts.
    const name = each.outcome === "heartbeat" && each.isExtra ? "extra" : each.outcome
    counts[name] = (counts[name] ?? 0) + 1
  }
  const reasons = outcomes.flatMap((each) => ("reason" in each ? [each.reason] : []))
  // The ids that connect this line to an event, and the event to its deliveries and its trace.
  const accepted = outcomes.flatMap((each) => (each.outcome === "accepted" ? each.accepted : []))
  const events = accepted.map(({ event }) => idOf(event))
  const traces = accepted.map(({ event }) => traceIdOf(event.message))
  deps.log("batch.ingested", {
    records: event.Records.length,
    ...counts,
    ...(events.length > 0 ? { events, traces } : {}),
    ...(reasons.length > 0 ? { reasons } : {}),
    durationMs: deps.table.now() - startedAt,
  })
}

export const handler = async (event: SQSEvent, context: Context) => {
  const deps = await resources()
  return deps.invocation(() => ingestHandler(deps)(event, context))
}
