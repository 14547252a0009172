import {
  callTypeOf,
  endOutcomeOf,
  hasResult,
  isAnswer,
  isEnd,
  mergeFacts,
  type CallFacts,
  type CallMoment,
  type References,
} from "@ringback/events/call"
import { callDataOf } from "@ringback/events/call-data"
import type { Action } from "@ringback/events/ami-event-kinds"
import { formatMillis, isPlausible, parseRfc3339 } from "@ringback/events/stamp"
import type { Translated } from "@ringback/events/translate"
import { versionOf } from "@ringback/events/version"
import * as Call from "@ringback/store/call"
import { claim, idOf, type StoredEvent } from "@ringback/store/event"
import { hashOf } from "@ringback/store/item-keys"
import { fitData } from "@ringback/store/pack"
import type { Accepted, FanOutDeps } from "../dispatch/fan-out.ts"
import { formatJob } from "../messages/job.ts"
import { sendOne } from "../messages/send.ts"
import { latest, readReferences } from "./references.ts"

// A call is reported in three moments, each once, even if events arrive twice, late or out of order. One item per dialing
// stores who claimed which moment. The claim names the collector's message, so that a message that is received again
// after a crash continues where it stopped, and any other message finds the moment claimed. The body is made after the
// claim, and the first body that is written is kept.
//
//   moment     | claimed by
//   started    | the first dialing event that is received
//   answered   | the first with resDial 4
//   completed  | the first that reports the end
//
// The end event of an answered call does not contain the time of the answer. If it arrives first, it waits once for
// earlier events that another collector or the queue may still have.

export type CallDeps = FanOutDeps & { queues: { jobsUrl: string } }

/** A dialing event. */
export type DialingEvent = {
  tenant: string
  source: string
  uuid: string
  event: StoredEvent
  action: Action
  translated: Translated
  facts: CallFacts
  /** From a test of the source. Kept separate from the PBX's calls. */
  isTest: boolean
  /** For an inferred event: when its gap ended, epoch ms. */
  gapEnd: number | undefined
}

type Wanted = ReadonlySet<CallMoment>

const WAIT_SECONDS = 5

/** Records a dialing event and claims the moments that it is the first to report. */
export async function noteCall(
  deps: CallDeps,
  dialing: DialingEvent,
  wanted: Wanted,
): Promise<Accepted[]> {
  const { action, facts, translated } = dialing
  const isOver = isEnd(facts, action)
  const saysAnswer = isAnswer(facts) && !isOver
  const moments: CallMoment[] = saysAnswer ? ["started", "answered"] : ["started"]
  const claimed = moments.filter((moment) => wanted.has(moment))
  // For most calls the first event is their create. The records that it refers to are stored with
  // the call for later events.
  const isFirst = action === "created" && wanted.has("started")
  const references = isFirst ? await readReferences(deps.table, dialing) : undefined
  const claims = claimsOf(dialing, claimed, {})
  const before = await Call.note(deps.table, dialing, {
    version: versionOf(translated.type, translated.timestamp),
    facts: isBare(dialing) ? undefined : facts,
    answeredAt: saysAnswer ? facts.changedAt : null,
    references,
    claims,
  })
  const known = { ...before, references: before.references ?? references }
  const events = await makeEvents(deps, dialing, known, claims)
  if (!isOver || isTaken(before.completed, dialing)) return events
  if (mustWait(dialing, before)) {
    const job = {
      v: 1,
      kind: "call",
      tenant: dialing.tenant,
      eventId: idOf(dialing.event),
    } as const
    await sendOne(deps.sqs, deps.queues.jobsUrl, { ...formatJob(job), delaySeconds: WAIT_SECONDS })
    return events
  }
  return [...events, ...(await endWith(deps, dialing, wanted, known))]
}

/** Claims the end, with everything known by now. */
export async function endCall(
  deps: CallDeps,
  dialing: DialingEvent,
  wanted: Wanted,
): Promise<Accepted[]> {
  const known = await Call.get(deps.table, dialing)
  return known ? endWith(deps, dialing, wanted, known) : []
}

async function endWith(
  deps: CallDeps,
  dialing: DialingEvent,
  wanted: Wanted,
  known: Call.Call,
): Promise<Accepted[]> {
  const moments = (["answered", "completed"] as const).filter(
    (moment) => wanted.has(moment) && (moment === "completed" || wasAnswered(dialing, known)),
  )
  if (moments.length === 0) return []
  const claims = claimsOf(dialing, moments, known)
  const before = await Call.claim(deps.table, dialing, claims)
  return makeEvents(deps, dialing, { ...known, ...before, facts: known.facts }, claims)
}

// A delete without a result must not replace facts that have one.
const isBare = ({ facts, action }: DialingEvent) =>
  !hasResult(facts) && (facts.startedAt === null || action === "deleted")

const wasAnswered = ({ facts }: DialingEvent, { facts: before }: Call.Call) =>
  isAnswer(facts) || (before !== undefined && isAnswer(before))

function mustWait({ facts, gapEnd }: DialingEvent, { answeredAt }: Call.Call): boolean {
  if (gapEnd !== undefined) return false
  return isAnswer(facts) ? answeredAt === undefined : !hasResult(facts)
}

const isTaken = (claim: Call.Claim | undefined, { event }: DialingEvent) =>
  claim !== undefined && claim.message !== event.message

function claimsOf(dialing: DialingEvent, moments: readonly CallMoment[], known: Call.Call) {
  const { event, translated } = dialing
  const { observedAt } = translated
  const times: Record<CallMoment, string> = {
    started: dialing.facts.startedAt ?? observedAt,
    answered: known.answeredAt ?? dialing.facts.changedAt ?? observedAt,
    completed: endOf(dialing, known.facts),
  }
  const claimOf = (moment: CallMoment): Call.Claim => ({
    message: event.message,
    receivedAt: event.receivedAt,
    timestamp: times[moment],
    observedAt,
  })
  return Object.fromEntries(moments.map((moment) => [moment, claimOf(moment)])) as Call.Claims
}

// A delete with only the Uuid has no time. An earlier event may have reported the end with one.
function endOf({ facts, translated, gapEnd }: DialingEvent, before?: CallFacts): string {
  if (gapEnd !== undefined) return formatMillis(gapEnd)
  const reported = before && isEnd(before, "updated") ? before.changedAt : null
  return facts.changedAt ?? reported ?? translated.observedAt
}

/** The events of the moments that this message claimed. */
async function makeEvents(
  deps: CallDeps,
  dialing: DialingEvent,
  known: Call.Call,
  claims: Call.Claims,
): Promise<Accepted[]> {
  const moments = Object.keys(claims) as CallMoment[]
  const own = moments.filter((moment) => !isTaken(known[moment], dialing))
  if (own.length === 0) return []
  const references = await referencesFor(deps, dialing, known, own.includes("completed"))
  const events = await Promise.all(
    own.map((moment) =>
      makeEvent(deps, dialing, { ...known, references }, moment, known[moment] ?? claims[moment]!),
    ),
  )
  return events.flatMap((each) => each ?? [])
}

// The row of a call is often told after the call's first event. All may change until the call's end.
async function referencesFor(
  deps: CallDeps,
  dialing: DialingEvent,
  { references, facts }: Call.Call,
  isOver: boolean,
): Promise<References> {
  const all = merged(dialing, facts)
  if (references && !isOver && (references.contact || all.contact === null)) return references
  return latest(await readReferences(deps.table, { ...dialing, facts: all }), references, all)
}

const merged = ({ facts }: DialingEvent, before: CallFacts | undefined) =>
  before ? mergeFacts(facts, before) : facts

async function makeEvent(
  deps: CallDeps,
  dialing: DialingEvent,
  known: Call.Call & { references: References },
  moment: CallMoment,
  claimed: Call.Claim,
): Promise<Accepted | undefined> {
  const { tenant, source, uuid, event, gapEnd, isTest } = dialing
  const type = callTypeOf(moment)
  const isOver = moment === "completed"
  const ending = { ...dialing, isSynthetic: gapEnd !== undefined, before: known.facts }
  const data = callDataOf({
    uuid,
    facts: merged(dialing, known.facts),
    references: known.references,
    outcome: isOver ? endOutcomeOf(ending) : null,
    answeredAt: moment === "started" ? null : answerOf(dialing, known, moment),
    endedAt: isOver ? claimed.timestamp : null,
  })
  const { text, truncated } = fitData(data)
  const result = await claim(deps.table, {
    tenant,
    timeNanos: timeOf(claimed),
    hash: hashOf(isTest ? "test-call" : "call", source, type, uuid),
    type,
    source,
    uuid,
    message: claimed.message,
    receivedAt: claimed.receivedAt,
    content: {
      data: text,
      timestamp: claimed.timestamp,
      observedAt: claimed.observedAt,
    },
    truncated,
    ...(isOver ? { synthetic: event.synthetic } : {}),
    test: isTest,
  })
  if (result.outcome === "duplicate") return undefined
  return { tenant, event: result.event, again: result.outcome === "again" }
}

// The time of a call's end is not the time of its answer. It proves that the call was answered, but
// not when.
function answerOf(dialing: DialingEvent, known: Call.Call, moment: CallMoment): string | null {
  if (known.answeredAt !== undefined) return known.answeredAt
  const isEnding = isEnd(dialing.facts, dialing.action)
  return moment === "answered" && !isEnding ? dialing.facts.changedAt : null
}

function timeOf({ timestamp, receivedAt }: Call.Claim): bigint {
  const nanos = parseRfc3339(timestamp)
  return nanos !== undefined && isPlausible(nanos) ? nanos : BigInt(receivedAt) * 1_000_000n
}
