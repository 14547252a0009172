import type { TestContext } from "node:test"
import { AmiError } from "@ringback/ami/errors"
import type { AmiMessage } from "@ringback/ami/message"
import { GapLists } from "@ringback/collector/gaps/gap-lists"
import type { Gap } from "@ringback/collector/gaps/gap-reports"
import { Known, listedKinds } from "@ringback/collector/gaps/known"
import type { ListRefusal } from "@ringback/collector/gaps/list-refusal"
import { UnfilledGaps } from "@ringback/collector/gaps/unfilled"
import { openState, type State } from "@ringback/collector/state"

export type Answer = AmiMessage[] | ListRefusal | AmiError
type Synthetic = { name: string; uuid: string; gap: string; others: string[] }

export const SECOND = 1_000
export const UNKNOWN: ListRefusal = { why: "unknown", message: "Invalid/unknown command" }
export const DENIED: ListRefusal = { why: "denied", message: "Permission denied" }
export const LOST = new AmiError("lost", "the session is gone")

export const row = (kind: "Campaign" | "Plan", uuid: string, status = "0"): AmiMessage => ({
  kind: "event",
  name: `Out${kind}Entry`,
  headers: [
    ["Event", `Out${kind}Entry`],
    ["Uuid", uuid],
    ["Status", status],
  ],
})

export const gapOf = (id: string): Gap => ({ id, from: 0, to: 1_000, reason: "disconnected" })

/** The lists of a PBX as a script says, without one: all that is wanted here is which list says what, and when. */
export function setUp(t: TestContext, state: State = openState(undefined, 0), confirmMs = 1) {
  const known = new Known(state)
  for (const kind of listedKinds) known.setWhole(kind)
  const lists = new Map<string, Answer | (() => Answer)>()
  const asked: string[] = []
  const inferred: Synthetic[] = []
  /** Of each of `inferred`. */
  const reasons: string[] = []
  const logged: string[] = []
  const attempt = (write: () => void) => write()
  const line = { bytes: Buffer.from("0 {}\n"), from: 0, to: 5, end: 5 }
  const entry = () => ({ ...line, isLoaded: false, isDone: true })
  const gapLists = new GapLists({
    spool: { flush: () => Promise.resolve(), diskTrouble: null },
    known,
    unfilled: new UnfilledGaps(state, attempt, []),
    intake: {
      takeSynthetic({ name, headers }, _, { gap, others = [], reason }) {
        reasons.push(reason)
        inferred.push({ name, uuid: headers.find(([key]) => key === "Uuid")![1], gap, others })
        return entry()
      },
      takeRecord: () => {},
    },
    list(action) {
      // Dial list rows, which no gap is filled from.
      if (action === "OutDlListShow") return Promise.resolve([])
      asked.push(action)
      const answer = lists.get(action) ?? []
      const said = typeof answer === "function" ? answer() : answer
      return said instanceof AmiError ? Promise.reject(said) : Promise.resolve(said)
    },
    send: () => Promise.reject(LOST),
    confirmMs,
    log: (event) => void logged.push(event),
    now: () => 0,
  })
  t.after(() => gapLists.stop())
  const hear = (uuid: string) =>
    known.note({ kind: "campaign", action: "updated" }, row("Campaign", uuid), entry())
  return { known, lists, asked, inferred, reasons, logged, gapLists, state, hear }
}
