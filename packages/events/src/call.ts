import { type Outcome, isOver, outcomeOf, type CallState } from "./call-outcome.ts"
import type { Action } from "./ami-event-kinds.ts"
import { parseRfc3339 } from "./stamp.ts"
import type { Translated } from "./translate.ts"

/** The reported events of a call, in order. */
export const callMoments = ["started", "answered", "completed"] as const
export type CallMoment = (typeof callMoments)[number]
export type CallType = `call.${CallMoment}`

export const callTypeOf = (moment: CallMoment): CallType => `call.${moment}`

/** The facts in one dialing event about its call; null if absent. Times are RFC 3339. */
export type CallFacts = {
  number: string | null
  attempt: number | null
  campaign: string | null
  plan: string | null
  list: string | null
  contact: string | null
  startedAt: string | null
  changedAt: string | null
  status: number | null
  resDial: number | null
  resHangup: number | null
  hangupCauseName: string | null
  channel: string | null
  agent: string | null
  queue: string | null
  variables: Record<string, string>
}

/** The last known state of a record that a call refers to. */
export type Reference = { uuid: string; name: string | null }
export type Contact = Reference & {
  key: string | null
  detail: string | null
  email: string | null
}
export type References = {
  campaign: Reference | null
  plan: Reference | null
  list: Reference | null
  contact: Contact | null
}

export const noReferences: References = { campaign: null, plan: null, list: null, contact: null }

/** Reads the facts from the translation of a dialing event. */
export function callFactsOf({ data }: Pick<Translated, "data">): CallFacts {
  const text = (name: string) => (typeof data[name] === "string" ? data[name] : null)
  const number = (name: string) => (typeof data[name] === "number" ? data[name] : null)
  const time = (name: string) => (isTime(data[name]) ? data[name] : null)
  return {
    number: text("dialAddr"),
    attempt: number("dialTryCnt"),
    campaign: text("campUuid"),
    plan: text("planUuid"),
    list: text("dlmaUuid"),
    contact: text("dlListUuid"),
    startedAt: time("tmCreate"),
    changedAt: time("tmUpdate"),
    status: number("status"),
    resDial: number("resDial"),
    resHangup: number("resHangup"),
    hangupCauseName: text("resHangupName"),
    channel: text("channelName"),
    agent: text("currentAgent"),
    queue: text("currentQueue"),
    variables: { ...(data["variables"] as Record<string, string> | undefined) },
  }
}

// A time stamp that does not parse stays text in `data`, but is ignored here.
const isTime = (value: unknown): value is string =>
  typeof value === "string" && parseRfc3339(value) !== undefined

const stateOf = (facts: CallFacts, action: Action): CallState => ({ ...facts, action })

/** Whether the event shows that the call was answered. */
export const isAnswer = ({ resDial }: CallFacts): boolean => resDial === 4

/** Whether the event shows that the call is over. */
export const isEnd = (facts: CallFacts, action: Action): boolean => isOver(stateOf(facts, action))

/** Whether the event has a result. A delete may contain only the Uuid. */
export const hasResult = ({ resDial, resHangup }: CallFacts): boolean =>
  resDial !== null || resHangup !== null

export type Ending = {
  facts: CallFacts
  action: Action
  isSynthetic: boolean
  /** The call's last known state before. */
  before: CallFacts | undefined
}

/** How the call ended. If its end was missed or has no result, only earlier facts are certain. */
export function endOutcomeOf({ facts, action, isSynthetic, before }: Ending): Outcome | null {
  if (!isSynthetic && hasResult(facts)) return outcomeOf(stateOf(facts, action))
  if ([facts, before].some((each) => each && isAnswer(each))) return "answered"
  return isSynthetic || !before ? null : outcomeOf(stateOf(before, "updated"))
}

/**
 * Merges the facts of two events of one call. The older event supplies what the newer one lacks.
 */
export function mergeFacts(newer: CallFacts, older: CallFacts): CallFacts {
  const entries = Object.entries(newer).map(([name, value]) => {
    const isMissing =
      value === null || (name === "variables" && Object.keys(value as object).length === 0)
    return [name, isMissing ? older[name as keyof CallFacts] : value]
  })
  return Object.fromEntries(entries) as CallFacts
}
