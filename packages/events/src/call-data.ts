import type { CallFacts, References } from "./call.ts"
import type { Outcome } from "./call-outcome.ts"
import { parseRfc3339 } from "./stamp.ts"

export type CallTimes = {
  /** RFC 3339; null if the call was not answered, or the answer was missed. */
  answeredAt: string | null
  /** RFC 3339; null during the call. */
  endedAt: string | null
}

export type CallSummary = CallTimes & {
  uuid: string
  facts: CallFacts
  references: References
  outcome: Outcome | null
}

/** The `data` of a `call.*` webhook. */
export function callDataOf(call: CallSummary): Record<string, unknown> {
  const { uuid, facts, references, outcome, answeredAt, endedAt } = call
  const named = (name: "campaign" | "plan" | "list") => ({
    uuid: facts[name],
    name: references[name]?.name ?? null,
  })
  const hangupCause = facts.resHangup === 0 ? null : facts.resHangup
  return {
    uuid,
    outcome,
    number: facts.number,
    attempt: facts.attempt,
    campaign: named("campaign"),
    plan: named("plan"),
    list: named("list"),
    contact: references.contact,
    startedAt: facts.startedAt,
    answeredAt,
    endedAt,
    ringSeconds: ringSecondsOf(call),
    talkSeconds: talkSecondsOf(call),
    hangupCause,
    hangupCauseName: hangupCause === null ? null : facts.hangupCauseName,
    channel: facts.channel,
    agent: facts.agent,
    queue: facts.queue,
    variables: facts.variables,
  }
}

// It rings until the answer, or until the end if there is none.
function ringSecondsOf({ facts, answeredAt, endedAt, outcome }: CallSummary): number | null {
  const isUnanswered = outcome !== null && outcome !== "answered"
  return between(facts.startedAt, answeredAt ?? (isUnanswered ? endedAt : null))
}

function talkSecondsOf({ answeredAt, endedAt, outcome }: CallSummary): number | null {
  if (outcome === null) return null
  return outcome === "answered" ? between(answeredAt, endedAt) : 0
}

/**
 * Seconds with millisecond precision; null if one of the times is unknown or they are out of order.
 */
function between(from: string | null, to: string | null): number | null {
  if (from === null || to === null) return null
  const nanos = parseRfc3339(to)! - parseRfc3339(from)!
  return nanos < 0n ? null : Number(nanos / 1_000_000n) / 1000
}
