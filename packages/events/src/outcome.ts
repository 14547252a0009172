import type { Action } from "./kind.ts"

/** How a call ended, in a receiver's words. */
export const outcomes = [
  "answered",
  "busy",
  "rejected",
  "no_answer",
  "congestion",
  "failed",
] as const
export type Outcome = (typeof outcomes)[number]

/** What of a dialing event decides its outcome; null where the event does not say it. */
export type CallState = {
  action: Action
  status: unknown
  resDial: unknown
  resHangup: unknown
}

const HANGUP = 6
const ERROR = 10

/** Whether the call is over: its record is gone, or the module or the channel says so. */
export const isOver = ({ action, status, resHangup }: CallState): boolean =>
  action === "deleted" ||
  status === HANGUP ||
  status === ERROR ||
  (typeof resHangup === "number" && resHangup !== 0)

// The first that fits. ResDial is the control frame that ended the dial, ResHangup the Q.850 cause: an answered call
// has a cause too, and a busy line often shows in the cause alone.
const DECISIONS: readonly { outcome: Outcome; resDial: number[]; resHangup: number[] }[] = [
  { outcome: "answered", resDial: [4], resHangup: [] },
  { outcome: "busy", resDial: [5], resHangup: [17] },
  { outcome: "rejected", resDial: [], resHangup: [21] },
  { outcome: "no_answer", resDial: [3], resHangup: [18, 19] },
  { outcome: "congestion", resDial: [8], resHangup: [34, 42] },
]

/** How the call ended; null while it goes on, and where the event bears neither result (a delete with the Uuid alone). */
export function outcomeOf(state: CallState): Outcome | null {
  const { resDial, resHangup } = state
  if (!isOver(state) || (resDial === null && resHangup === null)) return null
  const decided = DECISIONS.find(
    (each) =>
      each.resDial.includes(resDial as number) || each.resHangup.includes(resHangup as number),
  )
  return decided?.outcome ?? "failed"
}
