import type { Event } from "../types.ts"

/** A call as lists show it. */
export type Call = {
  uuid: string
  isOver: boolean
  number: string | null
  contact: string | null
  campaign: string | null
  list: string | null
  outcome: string | null
  ringSeconds: number | null
  talkSeconds: number | null
  startedAt: string
  hangupCause: string | null
  attempt: number | null
}

/** Reads a call event's data; unknown fields are null. */
export function readCall({ type, data, timestamp }: Event): Call {
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : null)
  const number = (value: unknown) => (typeof value === "number" ? value : null)
  const within = (key: string, inner: string) =>
    text((data[key] as Record<string, unknown> | null)?.[inner])
  return {
    uuid: text(data["uuid"]) ?? "",
    isOver: type === "call.completed",
    number: text(data["number"]),
    contact: within("contact", "name") ?? within("contact", "key"),
    campaign: within("campaign", "name"),
    list: within("list", "name"),
    outcome: text(data["outcome"]),
    ringSeconds: number(data["ringSeconds"]),
    talkSeconds: number(data["talkSeconds"]),
    startedAt: text(data["startedAt"]) ?? timestamp,
    hangupCause: text(data["hangupCauseName"]),
    attempt: number(data["attempt"]),
  }
}
