import type { Action } from "@ringback/ami/action"
import { type AmiMessage, outputOf } from "@ringback/ami/message"

const UPTIME = /System uptime:\s*(\d+)/i

// Asterisk drops a session that does not answer. A session can also end for another reason during
// the request, so one failure is not enough to blame the request.
const MAX_FAILURES = 2

/** Asks the PBX's console for its uptime; needs `write=command`, as the Show actions do. */
const uptimeAction = { Action: "Command", Command: "core show uptime seconds" }

/**
 * The latest time (epoch ms) before which the PBX cannot have started; undefined if the answer has
 * no uptime.
 */
export function startedAfter(answer: AmiMessage, now: number): number | undefined {
  const seconds = UPTIME.exec(outputOf(answer))?.[1]
  // The uptime is truncated to whole seconds.
  return seconds === undefined ? undefined : now - (Number(seconds) + 1) * 1_000
}

/**
 * Whether the PBX started after a given time, by its own uptime. No longer asked once that has
 * ended sessions.
 */
export class Uptime {
  readonly #send: (action: Action) => Promise<AmiMessage>
  readonly #now: () => number
  #failures = 0

  constructor(send: (action: Action) => Promise<AmiMessage>, now: () => number) {
    this.#send = send
    this.#now = now
  }

  /** False if unknown. Rejects if the session ends. */
  async hasBegunSince(from: number): Promise<boolean> {
    if (this.#failures >= MAX_FAILURES) return false
    // Counted before the request, because a PBX that never answers ends the session each time.
    this.#failures++
    const startedAt = startedAfter(await this.#send(uptimeAction), this.#now())
    if (startedAt === undefined) return false
    this.#failures = 0
    return startedAt > from
  }
}
