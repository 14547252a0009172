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

  /** Of those that are open the ones to be asked about now; each is asked about once in ten minutes. */
  takeQuiet(open: Iterable<string>, now: number): string[] {
    const quiet: string[] = []
    for (const uuid of open) {
      const heardAt = this.#heardAt.get(uuid)
      // Known from an earlier run: it is quiet from now on.
      if (heardAt === undefined || now - heardAt >= QUIET_MS) this.#heardAt.set(uuid, now)
      if (heardAt !== undefined && now - heardAt >= QUIET_MS) quiet.push(uuid)
    }
    return quiet
  }
}
