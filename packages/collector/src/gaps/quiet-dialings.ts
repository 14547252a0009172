import { type AmiMessage, findValue } from "@ringback/ami/message"

// Asterisk 13 sends no event when the dialler's module is reloaded and loses its dialings. A
// dialing without events for this long may be over.
const QUIET_MS = 10 * 60_000

/** Tracks when each dialing last had an event. */
export class QuietDialings {
  #lastEventAt = new Map<string, number>()

  note(message: AmiMessage, at: number): void {
    if (!message.name.startsWith("OutDialing")) return
    const uuid = findValue(message, "Uuid")
    if (uuid === undefined) return
    if (message.name === "OutDialingDelete") this.#lastEventAt.delete(uuid)
    else this.#lastEventAt.set(uuid, at)
  }

  /**
   * Returns the open dialings to check now. Each is checked once in ten minutes. All other dialings
   * are forgotten.
   */
  takeQuiet(open: Iterable<string>, now: number): string[] {
    const quiet: string[] = []
    const lastEventAt = new Map<string, number>()
    for (const uuid of open) {
      // Known from an earlier run: its quiet time starts now.
      const at = this.#lastEventAt.get(uuid) ?? now
      const isQuiet = now - at >= QUIET_MS
      if (isQuiet) quiet.push(uuid)
      lastEventAt.set(uuid, isQuiet ? now : at)
    }
    this.#lastEventAt = lastEventAt
    return quiet
  }
}
