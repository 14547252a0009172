import type { AmiMessage } from "@ringback/ami/message"
import { eventNameOf } from "@ringback/events/ami-event-kinds"
import type { Intake } from "../intake.ts"
import type { ListedKind } from "./known.ts"
import type { ListRefusal } from "./list-refusal.ts"

// A call may refer to a campaign or contact that has not changed since the collector was installed.
// The lists are therefore sent once in each run, as records and not as events. Dialings are left
// out.

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

  /** Requests dial list rows. The PBX returns the first 100 only and has no paging. */
  async askForRows(): Promise<void> {
    if (this.#sent.has("dllist")) return
    // Nothing awaits this request, and the end of a session is logged elsewhere.
    const rows = await this.#options.list(ROWS_ACTION).catch(() => undefined)
    if (Array.isArray(rows)) this.note("dllist", rows)
  }
}
