import type { AmiMessage, HeaderPair } from "@ringback/ami/message"
import { bodyOf, Known, type ListedKind } from "@ringback/collector/gaps/known"
import type { Inferred } from "@ringback/collector/gaps/resync"
import { openState } from "@ringback/collector/state"

// A PBX's lists as a script says.

export type Rows = { [uuid: string]: string }
export type Answer = Rows | null

const NAMES: Record<ListedKind, string> = {
  campaign: "Campaign",
  plan: "Plan",
  dlma: "Dlma",
  destination: "Destination",
  dialing: "Dialing",
}
export const headersOf = (kind: ListedKind, uuid: string, detail: string): HeaderPair[] => [
  ["Event", `Out${NAMES[kind]}Entry`],
  ["Uuid", uuid],
  ["Detail", detail],
]

/** `answers`: what each asking of a kind's list says, the last one again and again; others are empty. */
export function setUp(answers: Partial<Record<ListedKind, Answer[]>> = {}) {
  const known = new Known(openState(undefined, 0))
  const asked: ListedKind[] = []
  const emitted: AmiMessage[] = []
  const inferred: Inferred = {}
  const aborting = new AbortController()
  const state = { hasRoom: true, hasRestarted: false }
  const touched = known.watch()
  const options = {
    known,
    touched,
    inferred,
    async list(kind: ListedKind): Promise<AmiMessage[] | null> {
      const all = answers[kind] ?? [{}]
      const answer = all[Math.min(asked.filter((each) => each === kind).length, all.length - 1)]!
      asked.push(kind)
      return (
        answer &&
        Object.entries(answer).map(([uuid, detail]) => ({
          kind: "event" as const,
          name: `Out${NAMES[kind]}Entry`,
          headers: headersOf(kind, uuid, detail),
        }))
      )
    },
    emit(event: AmiMessage) {
      if (!state.hasRoom) return undefined
      emitted.push(event)
      return { bytes: Buffer.alloc(5), from: 0, to: 5, end: 5, isLoaded: false, isDone: true }
    },
    hasRestarted: async () => state.hasRestarted,
    confirm: { afterMs: 1, emptyAfterMs: 1, signal: aborting.signal },
  }
  const know = (kind: ListedKind, records: Rows) => {
    known.setWhole(kind)
    for (const [uuid, detail] of Object.entries(records))
      known.set(kind, uuid, bodyOf(headersOf(kind, uuid, detail)))
  }
  const said = () => emitted.map(({ name, headers }) => [name, headers[1]![1]].join(" "))
  return { known, touched, asked, emitted, inferred, aborting, state, options, know, said }
}
