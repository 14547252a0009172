import type { AmiMessage } from "@ringback/ami/message"
import { eventNameOf } from "@ringback/events/ami-event-kinds"
import type { Intake } from "../intake.ts"
import type { ListedKind } from "./known.ts"
import type { ListRefusal } from "./list-refusal.ts"

// A call may refer to a campaign or contact that has not changed since the collector was installed.
// The lists are therefore sent at the start and once a day, as records and not as events: Ringback
// forgets what it has not been told for a month. Dialings are left out.

type Kind = ListedKind | "dllist"

/** The action that lists the records of a kind. */
export const showActionOf = (kind: Kind) => eventNameOf(kind, "created").replace("Create", "Show")

type Options = {
  intake: Pick<Intake, "takeRecord">
  list: (action: string) => Promise<AmiMessage[] | ListRefusal>
  now: () => number
}

const DAY_MS = 24 * 3600 * 1000

/** Sends the rows of each list once a day. */
export class ListedRecords {
  #options: Options
  #sentAt = new Map<Kind, number>()

  constructor(options: Options) {
    this.#options = options
  }

  note(kind: Kind, rows: AmiMessage[]): void {
    const { intake, now } = this.#options
    if (kind === "dialing" || !this.#isDue(kind, now())) return
    this.#sentAt.set(kind, now())
    for (const row of rows) intake.takeRecord(row, now())
  }

  /** Requests dial list rows. The PBX returns the first 100 only and has no paging. */
  async askForRows(): Promise<void> {
    if (this.#isDue("dllist", this.#options.now())) await this.#ask("dllist")
  }

  /** The lists that were sent a day ago or earlier. */
  due(now: number): Kind[] {
    return [...this.#sentAt.keys()].filter((kind) => this.#isDue(kind, now))
  }

  /** Requests these lists and sends them. One that cannot be read now is due a day later. */
  async sendAgain(kinds: Kind[]): Promise<void> {
    for (const kind of kinds) {
      const isSent = await this.#ask(kind)
      if (!isSent) this.#sentAt.set(kind, this.#options.now())
    }
  }

  async #ask(kind: Kind): Promise<boolean> {
    // Nothing awaits this request, and the end of a session is logged elsewhere.
    const rows = await this.#options.list(showActionOf(kind)).catch(() => undefined)
    if (!Array.isArray(rows)) return false
    this.note(kind, rows)
    return true
  }

  #isDue(kind: Kind, now: number): boolean {
    const sentAt = this.#sentAt.get(kind)
    return sentAt === undefined || Math.abs(now - sentAt) >= DAY_MS
  }
}
