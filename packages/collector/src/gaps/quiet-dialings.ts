import { type AmiMessage, findValue } from "@ringback/ami/message"

// Asterisk 13 says nothing when the dialler's module is loaded anew and has forgotten its dialings. A call that nobody
// has heard of for so long may be over.
const QUIET_MS = 10 * 60_000

/** When each dialing was last heard of. */
export class QuietDialings {
  #heardAt = new Map<string, number>()

  note(message: AmiMessage, at: number): void {
    if (!message.name.startsWith("OutDialing")) return
    const uuid = findValue(message, "Uuid")
    if (uuid === undefined) return
    if (message.name === "OutDialingDelete") this.#heardAt.delete(uuid)
    else this.#heardAt.set(uuid, at)
  }

  /** Of those that are open the ones to be asked about now; each is asked about once in ten minutes. Forgets all others. */
  takeQuiet(open: Iterable<string>, now: number): string[] {
    const quiet: string[] = []
    const heardAt = new Map<string, number>()
    for (const uuid of open) {
      // Known from an earlier run: it is quiet from now on.
      const at = this.#heardAt.get(uuid) ?? now
      const isQuiet = now - at >= QUIET_MS
      if (isQuiet) quiet.push(uuid)
      heardAt.set(uuid, isQuiet ? now : at)
    }
    this.#heardAt = heardAt
    return quiet
  }
}
