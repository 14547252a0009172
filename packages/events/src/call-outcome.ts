import type { Action } from "./ami-event-kinds.ts"

/** How a call ended, in the terms of the webhook. */
export const outcomes = [
  "answered",
  "busy",
  "rejected",
  "no_answer",
  "congestion",
  "failed",
] as const
export type Outcome = (typeof outcomes)[number]

/** The fields of a dialing event that decide its outcome; null if absent. */
export type CallState = {
  action: Action
  status: unknown
  resDial: unknown
  resHangup: unknown
}

const HANGUP = 6
const ERROR = 10

/** Whether the call is over: its record was deleted, or the module or channel reports the end. */
export const isOver = ({ action, status, resHangup }: CallState): boolean =>
  action === "deleted" ||
  status === HANGUP ||
  status === ERROR ||
  (typeof resHangup === "number" && resHangup !== 0)

// The first match counts. ResDial is the control frame that ended the dial, ResHangup the Q.850
// cause. An answered call also has a cause, and a busy line often has only a cause.
const DECISIONS: readonly { outcome: Outcome; resDial: number[]; resHangup: number[] }[] = [
  { outcome: "answered", resDial: [4], resHangup: [] },
  { outcome: "busy", resDial: [5], resHangup: [17] },
  { outcome: "rejected", resDial: [], resHangup: [21] },
  { outcome: "no_answer", resDial: [3], resHangup: [18, 19] },
  { outcome: "congestion", resDial: [8], resHangup: [34, 42] },
]

/**
 * How the call ended; null during the call, and if the event has neither result (a delete with only
 * the Uuid).
 */
export function outcomeOf(state: CallState): Outcome | null {
  const { resDial, resHangup } = state
  if (!isOver(state) || (resDial === null && resHangup === null)) return null
  const decided = DECISIONS.find(
    (each) =>
      each.resDial.includes(resDial as number) || each.resHangup.includes(resHangup as number),
  )
  return decided?.outcome ?? "failed"
}
