import { type AmiMessage, outputOf } from "@ringback/ami/message"

const UPTIME = /System uptime:\s*(\d+)/i

/** Asks the PBX's console how long it has been up; needs `write=command`, as the Show actions do. */
export const uptimeAction = { Action: "Command", Command: "core show uptime seconds" }

/** Epoch ms before which the PBX cannot have begun; undefined where its answer says nothing of that. */
export function startedAfter(answer: AmiMessage, now: number): number | undefined {
  const seconds = UPTIME.exec(outputOf(answer))?.[1]
  // Whole seconds, cut.
  return seconds === undefined ? undefined : now - (Number(seconds) + 1) * 1_000
}
