import { setTimeout as wait } from "node:timers/promises"
import type { AmiMessage, HeaderPair } from "@ringback/ami/message"
import { valueOf } from "@ringback/events/header"
import { type Action, eventNameOf } from "@ringback/events/ami-event-kinds"
import { eventFromEntry } from "@ringback/events/record"
import type { Entry } from "../spool/send-window.ts"
import { bodyOf, isKept, type Known, type ListedKind, listedKinds } from "./known.ts"
import type { Touched } from "./touched-records.ts"

type Rows = Map<string, HeaderPair[]>

/** Number of inferred events, by type. */
export type Inferred = Record<string, number>

export type ResyncOptions = {
  known: Known
  /**
   * Records that events referred to since before the lists were requested (in a new session: since
   * before its first event).
   */
  touched: Touched
  /** Rows of a kind's Show list; null if unavailable. Rejects if the session ends. */
  list: (kind: ListedKind) => Promise<AmiMessage[] | null>
  /** Stores an inferred event; undefined if the spool is full. */
  emit: (event: AmiMessage) => Entry | undefined
  /** Whether the PBX restarted in the gap, which ends its dialings without events. */
  hasRestarted: () => Promise<boolean>
  /**
   * Delays before the second read, and before an empty dialing list is read again. `signal` aborts
   * the waits.
   */
  confirm: { afterMs: number; emptyAfterMs: number; signal: AbortSignal }
  /** Counts inferred events, also if the resync is aborted. */
  inferred: Inferred
}

/** Infers from the PBX's lists what happened in a gap. False if no list is available. */
export async function resync(options: ResyncOptions): Promise<boolean> {
  const first = await askAll(options)
  if (first.size === 0) return false
  // Read twice: a record that is still changing has live events, and a row missing from one list
  // proves nothing.
  await wait(options.confirm.afterMs, undefined, { signal: options.confirm.signal })
  const second = await askAll(options)
  for (const kind of listedKinds) {
    const [earlier, later] = [first.get(kind), second.get(kind)]
    if (!earlier || !later) continue
    if (options.known.isWhole(kind)) {
      inferChanges(options, kind, earlier, later)
      await inferDeletes(options, kind, earlier, later)
    } else learn(options, kind, later)
  }
  return true
}

async function askAll({ list }: ResyncOptions): Promise<Map<ListedKind, Rows>> {
  const all = new Map<ListedKind, Rows>()
  for (const kind of listedKinds) {
    const rows = rowsOf(await list(kind))
    if (rows) all.set(kind, rows)
  }
  return all
}

// The first list is the baseline. Its records were not necessarily created in a gap.
function learn({ known, touched }: ResyncOptions, kind: ListedKind, rows: Rows): void {
  for (const [uuid, row] of rows) if (!touched.has(kind, uuid)) known.set(kind, uuid, bodyOf(row))
  known.setWhole(kind)
}

function inferChanges(
  { known, touched, emit, inferred }: ResyncOptions,
  kind: ListedKind,
  earlier: Rows,
  later: Rows,
): void {
  for (const [uuid, row] of later) {
    const body = bodyOf(row)
    const before = earlier.get(uuid)
    const isSettled = before !== undefined && bodyOf(before) === body
    if (!isSettled || touched.has(kind, uuid) || known.isSame(kind, uuid, body)) continue
    const action = known.of(kind).has(uuid) ? "updated" : "created"
    const headers = eventFromEntry(row, action)
    const event = headers && { kind: "event" as const, name: eventNameOf(kind, action), headers }
    const entry = event && emit(event)
    if (!entry) continue
    known.set(kind, uuid, body, entry)
    count(inferred, kind, action)
  }
}

async function inferDeletes(
  options: ResyncOptions,
  kind: ListedKind,
  earlier: Rows,
  later: Rows,
): Promise<void> {
  const { known, touched, emit, hasRestarted, inferred } = options
  let last = later
  const isAbsent = (uuid: string) =>
    !earlier.has(uuid) && !later.has(uuid) && !last.has(uuid) && !touched.has(kind, uuid)
  const absent = [...known.of(kind).keys()].filter(isAbsent)
  if (absent.length === 0) return
  // A failed database query also returns an empty list. Dialings are in the PBX's memory and end
  // with it.
  if (earlier.size === 0 || later.size === 0) {
    if (kind !== "dialing") return
    const again = (await hasRestarted()) ? later : await askAgain(options)
    if (!again) return
    last = again
  }
  for (const uuid of absent.filter(isAbsent)) {
    if (emitDelete(known, emit, kind, uuid)) count(inferred, kind, "deleted")
  }
}

/**
 * Ends the given dialings that are missing from two reads of the PBX's list. Returns their number.
 */
export async function endForgotten(
  options: Omit<ResyncOptions, "hasRestarted" | "inferred">,
  uuids: readonly string[],
): Promise<number> {
  const { known, touched, emit } = options
  const earlier = rowsOf(await options.list("dialing"))
  if (!earlier || uuids.every((uuid) => earlier.has(uuid))) return 0
  const later = await askAgain(options)
  if (!later) return 0
  const gone = uuids.filter(
    (uuid) =>
      !earlier.has(uuid) &&
      !later.has(uuid) &&
      !touched.has("dialing", uuid) &&
      known.of("dialing").has(uuid),
  )
  return gone.filter((uuid) => emitDelete(known, emit, "dialing", uuid)).length
}

function emitDelete(
  known: Known,
  emit: ResyncOptions["emit"],
  kind: ListedKind,
  uuid: string,
): boolean {
  const name = eventNameOf(kind, "deleted")
  // Contains only the Uuid, because the last state may have been missed too.
  const headers: HeaderPair[] = [
    ["Event", name],
    ["Uuid", uuid],
  ]
  const entry = emit({ kind: "event", name, headers })
  if (entry) known.set(kind, uuid, undefined, entry)
  return entry !== undefined
}

/** An empty dialing list can be real. A dialing that is missing from a later read too is over. */
async function askAgain({
  list,
  confirm,
}: Pick<ResyncOptions, "list" | "confirm">): Promise<Rows | undefined> {
  await wait(confirm.emptyAfterMs, undefined, { signal: confirm.signal })
  return rowsOf(await list("dialing"))
}

function rowsOf(messages: AmiMessage[] | null): Rows | undefined {
  if (messages === null) return undefined
  const rows: Rows = new Map()
  for (const { headers } of messages) {
    const uuid = valueOf(headers, "Uuid")
    if (uuid !== null && isKept(uuid)) rows.set(uuid, headers)
  }
  return rows
}

function count(inferred: Inferred, kind: ListedKind, action: Action): void {
  const type = `${kind}.${action}`
  inferred[type] = (inferred[type] ?? 0) + 1
}
