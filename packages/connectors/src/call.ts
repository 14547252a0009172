import { CallData } from "@ringback/events/call-type"
import type { Outcome } from "@ringback/events/call-outcome"
import * as v from "valibot"

const CallEvent = v.object({
  type: v.picklist(["call.answered", "call.completed"]),
  version: v.string(),
  timestamp: v.string(),
  data: CallData,
})

/** The data of a call that a CRM's activity needs. Times are epoch ms. */
export type Call = {
  uuid: string
  /** False while the call goes on: then only its answer is known. */
  isOver: boolean
  outcome: Outcome | null
  /** As it was dialled. */
  number: string | null
  attempt: number | null
  campaign: string | null
  list: string | null
  contact: { key: string | null; name: string | null; email: string | null }
  startedAt: number
  /** The start, if the end was not received. */
  endedAt: number
  /** Whole seconds. Null if unknown. */
  talkSeconds: number | null
  ringSeconds: number | null
  hangupCause: string | null
  agent: string | null
  queue: string | null
}

/** The call of a `call.answered` or `call.completed` webhook. Undefined for any other webhook. */
export function callOf(webhook: unknown): Call | undefined {
  const parsed = v.safeParse(CallEvent, webhook)
  if (!parsed.success) return undefined
  const { type, timestamp, data } = parsed.output
  const startedAt = millisOf(data.startedAt) ?? millisOf(data.answeredAt) ?? Date.parse(timestamp)
  return {
    uuid: data.uuid,
    isOver: type === "call.completed",
    outcome: type === "call.completed" ? data.outcome : "answered",
    number: data.number,
    attempt: data.attempt,
    campaign: data.campaign.name,
    list: data.list.name,
    contact: {
      key: data.contact?.key ?? null,
      name: data.contact?.name ?? null,
      email: data.contact?.email ?? null,
    },
    startedAt,
    endedAt: Math.max(millisOf(data.endedAt) ?? startedAt, startedAt),
    talkSeconds: wholeSeconds(data.talkSeconds),
    ringSeconds: wholeSeconds(data.ringSeconds),
    hangupCause: data.hangupCauseName,
    agent: data.agent,
    queue: data.queue,
  }
}

// Nine digits of a second exceed the precision of a Date, which drops the rest.
const millisOf = (time: string | null) => (time === null ? undefined : Date.parse(time))

const wholeSeconds = (seconds: number | null) => (seconds === null ? null : Math.round(seconds))
