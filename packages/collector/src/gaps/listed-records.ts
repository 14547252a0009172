import type { AmiMessage } from "@ringback/ami/message"
import { eventNameOf } from "@ringback/events/kind"
import type { Intake } from "../intake.ts"
import type { ListedKind } from "./known.ts"
import type { ListRefusal } from "./list-refusal.ts"

// What a call refers to may never have changed since Ringback began to listen: its campaign's name, its contact. Once in
// a run the lists are sent as they are, as records and no events. Calls refer to no other call.

const ROWS_ACTION = eventNameOf("dllist", "created").replace("Create", "Show")

type Options = {
  intake: Pick<Intake, "takeRecord">
  list: (action: string) => Promise<AmiMessage[] | ListRefusal>
  now: () => number
}

/** Sends the rows of each list once. */
export class ListedRecords {
  #options: Options
  #sent = new Set<ListedKind | "dllist">()

  constructor(options: Options) {
    this.#options = options
  }

  note(kind: ListedKind | "dllist", rows: AmiMessage[]): void {
    if (kind === "dialing" || this.#sent.has(kind)) return
    this.#sent.add(kind)
    const { intake, now } = this.#options
    for (const row of rows) intake.takeRecord(row, now())
  }

  /** Dial list rows as far as the list reaches: it ends after a hundred, and has no second page. */
  async askForRows(): Promise<void> {
    if (this.#sent.has("dllist")) return
    // Nobody waits for it: a session that ends meanwhile says so itself.
    const rows = await this.#options.list(ROWS_ACTION).catch(() => undefined)
    if (Array.isArray(rows)) this.note("dllist", rows)
  }
}
