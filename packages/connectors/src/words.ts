import type { Outcome } from "@ringback/events/outcome"
import type { Call } from "./call.ts"
import { isoSeconds } from "./time.ts"

const OUTCOMES: Record<Outcome, string> = {
  answered: "answered",
  busy: "busy",
  no_answer: "no answer",
  rejected: "rejected",
  congestion: "congestion",
  failed: "failed",
}

/** One line. */
export function subjectOf({ isOver, outcome, campaign }: Call): string {
  const state = isOver ? (outcome === null ? "not answered" : OUTCOMES[outcome]) : "in progress"
  return `Outbound call, ${state}${campaign === null ? "" : ` (${campaign})`}`.slice(0, 250)
}

/** By this a call's activity is found again: no CRM uses these words. */
export const markerOf = ({ uuid }: Pick<Call, "uuid">) => `Ringback call ${uuid}`

/** A text of the PBX as HTML, where a CRM shows notes as such. */
export const escaped = (text: string) =>
  text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)

/** What the CRM has no field for, a line each; the last line is the marker. */
export function notesOf(call: Call): string[] {
  const { outcome, isOver, number, attempt, campaign, list, hangupCause, agent, queue } = call
  const notes: (string | false | null)[] = [
    isOver && outcome === null && "The end of the call was not heard: it counts as not answered.",
    (outcome === "rejected" || outcome === "congestion" || outcome === "failed") &&
      `Outcome: ${OUTCOMES[outcome]}`,
    number !== null && `Number: ${number}`,
    attempt !== null && `Attempt: ${attempt}`,
    campaign !== null && `Campaign: ${campaign}`,
    list !== null && `List: ${list}`,
    `Started: ${isoSeconds(call.startedAt)}`,
    call.ringSeconds !== null && `Rang for: ${call.ringSeconds} s`,
    hangupCause !== null && `Ended by: ${hangupCause}`,
    agent !== null && `Agent: ${agent}`,
    queue !== null && `Queue: ${queue}`,
    markerOf(call),
  ]
  return notes.filter((note) => typeof note === "string")
}

/** Where the end was not heard, the call counts as not answered. */
export const outcomeOrNoAnswer = ({ outcome }: Call): Outcome => outcome ?? "no_answer"
