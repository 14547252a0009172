import type { Action } from "@ringback/ami/action"
import { type AmiMessage, outputOf } from "@ringback/ami/message"

const UPTIME = /System uptime:\s*(\d+)/i

// For want of an answer the session is dropped. A session may also end for another reason while it is asked; one that ends
// again is ended by the question.
const MAX_FAILURES = 2

/** Asks the PBX's console how long it has been up; needs `write=command`, as the Show actions do. */
const uptimeAction = { Action: "Command", Command: "core show uptime seconds" }

/** Epoch ms before which the PBX cannot have begun; undefined where its answer says nothing of that. */
export function startedAfter(answer: AmiMessage, now: number): number | undefined {
  const seconds = UPTIME.exec(outputOf(answer))?.[1]
  // Whole seconds, cut.
  return seconds === undefined ? undefined : now - (Number(seconds) + 1) * 1_000
}

/** Whether the PBX began after a moment, as it says itself. Where that costs sessions, it is no longer asked. */
export class Uptime {
  readonly #send: (action: Action) => Promise<AmiMessage>
  readonly #now: () => number
  #failures = 0

  constructor(send: (action: Action) => Promise<AmiMessage>, now: () => number) {
    this.#send = send
    this.#now = now
  }

  /** False where it is not known. Rejects when the session ends. */
  async hasBegunSince(from: number): Promise<boolean> {
    if (this.#failures >= MAX_FAILURES) return false
    // Counted before it is asked: a PBX that never answers costs a session each time.
    this.#failures++
    const startedAt = startedAfter(await this.#send(uptimeAction), this.#now())
    if (startedAt === undefined) return false
    this.#failures = 0
    return startedAt > from
  }
}
