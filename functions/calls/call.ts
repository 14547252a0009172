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
import type { Action } from "@ringback/events/kind"
import { formatMillis, isPlausible, parseRfc3339 } from "@ringback/events/stamp"
import type { Translated } from "@ringback/events/translate"
import { versionOf } from "@ringback/events/version"
import * as Call from "@ringback/store/call"
import { claim, idOf, type StoredEvent } from "@ringback/store/event"
import { hashOf } from "@ringback/store/keys"
import type { Accepted, FanOutDeps } from "../dispatch/fan-out.ts"
import { formatJob } from "../messages/job.ts"
import { sendOne } from "../messages/send.ts"
import { readReferences } from "./references.ts"

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
export type Heard = {
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
export async function noteCall(deps: CallDeps, heard: Heard, wanted: Wanted): Promise<Accepted[]> {
  const { action, facts, translated } = heard
  const isOver = isEnd(facts, action)
  const saysAnswer = isAnswer(facts) && !isOver
  const moments: CallMoment[] = saysAnswer ? ["started", "answered"] : ["started"]
  const claimed = moments.filter((moment) => wanted.has(moment))
  // For most calls the first event is their create. The records that it refers to are stored with
  // the call for later events.
  const isFirst = action === "created" && wanted.has("started")
  const references = isFirst ? await readReferences(deps.table, heard) : undefined
  const claims = claimsOf(heard, claimed, null)
  const before = await Call.note(deps.table, heard, {
    version: versionOf(translated.type, translated.timestamp),
    facts: isBare(heard) ? undefined : facts,
    answeredAt: saysAnswer ? facts.changedAt : null,
    references,
    claims,
  })
  const known = { ...before, references: before.references ?? references }
  const told = await tellAll(deps, heard, known, claims)
  if (!isOver || isTaken(before.completed, heard)) return told
  if (mustWait(heard, before)) {
    const job = { v: 1, kind: "call", tenant: heard.tenant, eventId: idOf(heard.event) } as const
    await sendOne(deps.sqs, deps.queues.jobsUrl, { ...formatJob(job), delaySeconds: WAIT_SECONDS })
    return told
  }
  return [...told, ...(await endWith(deps, heard, wanted, known))]
}

/** Claims the end, with everything known by now. */
export async function endCall(deps: CallDeps, heard: Heard, wanted: Wanted): Promise<Accepted[]> {
  const known = await Call.get(deps.table, heard)
  return known ? endWith(deps, heard, wanted, known) : []
}

async function endWith(
  deps: CallDeps,
  heard: Heard,
  wanted: Wanted,
  known: Call.Call,
): Promise<Accepted[]> {
  const moments = (["answered", "completed"] as const).filter(
    (moment) => wanted.has(moment) && (moment === "completed" || wasAnswered(heard, known)),
  )
  if (moments.length === 0) return []
  const claims = claimsOf(heard, moments, known.answeredAt ?? null)
  const before = await Call.claim(deps.table, heard, claims)
  return tellAll(deps, heard, { ...known, ...before, facts: known.facts }, claims)
}

const isBare = ({ facts }: Heard) => !hasResult(facts) && facts.startedAt === null

const wasAnswered = ({ facts }: Heard, { facts: before }: Call.Call) =>
  isAnswer(facts) || (before !== undefined && isAnswer(before))

function mustWait({ facts, gapEnd }: Heard, { answeredAt }: Call.Call): boolean {
  if (gapEnd !== undefined) return false
  return isAnswer(facts) ? answeredAt === undefined : !hasResult(facts)
}

const isTaken = (claim: Call.Claim | undefined, { event }: Heard) =>
  claim !== undefined && claim.message !== event.message

function claimsOf(heard: Heard, moments: readonly CallMoment[], answeredAt: string | null) {
  const { event, translated } = heard
  const { observedAt } = translated
  const times: Record<CallMoment, string> = {
    started: heard.facts.startedAt ?? observedAt,
    answered: answeredAt ?? heard.facts.changedAt ?? observedAt,
    completed: endOf(heard),
  }
  const claimOf = (moment: CallMoment): Call.Claim => ({
    message: event.message,
    receivedAt: event.receivedAt,
    timestamp: times[moment],
    observedAt,
  })
  return Object.fromEntries(moments.map((moment) => [moment, claimOf(moment)])) as Call.Claims
}

function endOf({ facts, translated, gapEnd }: Heard): string {
  if (gapEnd !== undefined) return formatMillis(gapEnd)
  return facts.changedAt ?? translated.observedAt
}

/** The events of the moments that this message claimed. */
async function tellAll(
  deps: CallDeps,
  heard: Heard,
  known: Call.Call,
  claims: Call.Claims,
): Promise<Accepted[]> {
  const moments = Object.keys(claims) as CallMoment[]
  const own = moments.filter((moment) => !isTaken(known[moment], heard))
  if (own.length === 0) return []
  const references = await referencesFor(deps, heard, known)
  const told = await Promise.all(
    own.map((moment) =>
      tell(deps, heard, { ...known, references }, moment, known[moment] ?? claims[moment]!),
    ),
  )
  return told.flatMap((each) => each ?? [])
}

async function referencesFor(
  deps: CallDeps,
  heard: Heard,
  { references, facts }: Call.Call,
): Promise<References> {
  const row = heard.facts.contact ?? facts?.contact ?? null
  if (references && (references.contact || row === null || !isEnd(heard.facts, heard.action)))
    return references
  return readReferences(deps.table, { ...heard, facts: merged(heard, facts) })
}

const merged = ({ facts }: Heard, before: CallFacts | undefined) =>
  before ? mergeFacts(facts, before) : facts

async function tell(
  deps: CallDeps,
  heard: Heard,
  known: Call.Call & { references: References },
  moment: CallMoment,
  claimed: Call.Claim,
): Promise<Accepted | undefined> {
  const { tenant, source, uuid, event, gapEnd, isTest } = heard
  const type = callTypeOf(moment)
  const isOver = moment === "completed"
  const ending = { ...heard, isSynthetic: gapEnd !== undefined, before: known.facts }
  const data = callDataOf({
    uuid,
    facts: merged(heard, known.facts),
    references: known.references,
    outcome: isOver ? endOutcomeOf(ending) : null,
    answeredAt: moment === "started" ? null : answerOf(heard, known, moment),
    endedAt: isOver ? claimed.timestamp : null,
  })
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
      data: JSON.stringify(data),
      timestamp: claimed.timestamp,
      observedAt: claimed.observedAt,
    },
    ...(isOver ? { synthetic: event.synthetic } : {}),
    test: isTest,
  })
  if (result.outcome === "duplicate") return undefined
  return { tenant, event: result.event, again: result.outcome === "again" }
}

// The time of a call's end is not the time of its answer. It proves that the call was answered, but
// not when.
function answerOf(heard: Heard, known: Call.Call, moment: CallMoment): string | null {
  if (known.answeredAt !== undefined) return known.answeredAt
  const isEnding = isEnd(heard.facts, heard.action)
  return moment === "answered" && !isEnding ? heard.facts.changedAt : null
}

function timeOf({ timestamp, receivedAt }: Call.Claim): bigint {
  const nanos = parseRfc3339(timestamp)
  return nanos !== undefined && isPlausible(nanos) ? nanos : BigInt(receivedAt) * 1_000_000n
}
