import type { Outcome } from "@ringback/events/call-outcome"
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

/** The marker that finds a call's activity again. No CRM uses these words. */
export const markerOf = ({ uuid }: Pick<Call, "uuid">) => `Ringback call ${uuid}`

/** Whether the text has the marker of this call, and not of one whose Uuid only begins like it. */
export const isMarked = (text: string, call: Pick<Call, "uuid">): boolean =>
  text
    .split(markerOf(call))
    .slice(1)
    .some((rest) => /^(?:[\s<]|$)/.test(rest))

/** A text from the PBX as HTML, for CRMs whose notes are HTML. */
export const escaped = (text: string) =>
  text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)

/** The data for which the CRM has no field, one per line. The last line is the marker. */
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

/** If the end was not received, the call counts as not answered. */
export const outcomeOrNoAnswer = ({ outcome }: Call): Outcome => outcome ?? "no_answer"
