import { fingerprint } from "@ringback/events/record"
import { eventNameIn, isMissing, valueOf } from "@ringback/events/header"
import { type Action, type RecordKind, parseEventName } from "@ringback/events/ami-event-kinds"
import { type AmiMessage, findValue, type HeaderPair } from "@ringback/ami/message"
import { jsonOf, type SpoolRecord } from "../spool/record.ts"
import { type Entry, isSafe } from "../spool/send-window.ts"
import type { State } from "../state.ts"
import { recordName, Touched } from "./touched-records.ts"

/**
 * The kinds that the PBX can list completely. It limits dial list rows to 100 and does not list the
 * queue.
 */
export const listedKinds = ["campaign", "plan", "dlma", "destination", "dialing"] as const
export type ListedKind = (typeof listedKinds)[number]

// Uses the list above, so that a new kind is not treated as listed by default.
const isListed = (kind: RecordKind): kind is ListedKind =>
  (listedKinds as readonly RecordKind[]).includes(kind)

// Limits on disk and memory use, independent of what the PBX sends.
const MAX_UUID_LENGTH = 128
const MAX_RECORDS = 50_000

/** Whether a record with this Uuid is tracked. */
export const isKept = (uuid: string) => uuid.length <= MAX_UUID_LENGTH

// The last state of a record: its spool record until it is saved, then its fingerprint. Hashing is
// delayed because most records change several times before they are saved.
type Body = SpoolRecord | string
type KnownRecord = { body: Body }

/** The first and last spool messages that changed a record since the last save. */
type Changed = { first: Entry | undefined; last: Entry | undefined }

export const bodyOf = (headers: HeaderPair[]) => fingerprint(headers).toString("base64url")

/**
 * The records of the PBX as last seen, kept over restarts. After a gap they are compared with the
 * PBX's lists.
 */
export class Known {
  #state: State
  #records = new Map<ListedKind, Map<string, KnownRecord>>()
  #changed = new Map<ListedKind, Map<string, Changed>>()
  readonly #watching = new Set<Touched>()

  constructor(state: State) {
    this.#state = state
    state.database.exec(
      `CREATE TABLE IF NOT EXISTS known
       (kind TEXT, uuid TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, uuid)) WITHOUT ROWID`,
    )
    for (const kind of listedKinds) {
      this.#records.set(kind, new Map())
      this.#changed.set(kind, new Map())
    }
    for (const row of state.database.prepare("SELECT kind, uuid, body FROM known").iterate()) {
      const { kind, uuid, body } = row as { kind: ListedKind; uuid: string; body: string }
      this.#records.get(kind)?.set(uuid, { body })
    }
  }

  /** Updates the record of an event. On the hot path, so it does not hash or write. */
  note(
    { kind, action }: { kind: RecordKind; action: Action },
    message: AmiMessage,
    entry: Entry,
  ): void {
    if (!isListed(kind)) return
    const uuid = findValue(message, "Uuid")
    if (uuid === undefined || isMissing(uuid) || !isKept(uuid)) return
    for (const touched of this.#watching) touched.add(recordName(kind, uuid))
    const records = this.of(kind)
    // Not all records are known any more, so the next list is a new baseline and infers nothing.
    if (records.size >= MAX_RECORDS && !records.has(uuid) && action !== "deleted")
      return this.#state.set(`whole/${kind}`, "0")
    this.set(kind, uuid, action === "deleted" ? undefined : entry, entry)
  }

  /**
   * Updates the record of a message found in the spool at the start. It may be newer than the saved
   * state.
   */
  recover(record: SpoolRecord & { end: number }): void {
    if (record.end <= Number(this.#state.get("knownTo") ?? 0)) return
    const { headers } = JSON.parse(jsonOf(record)) as { headers?: HeaderPair[] }
    const event = headers && parseEventName(eventNameIn(headers) ?? "")
    const uuid = headers && valueOf(headers, "Uuid")
    if (!event || !uuid || !isListed(event.kind)) return
    this.set(event.kind, uuid, event.action === "deleted" ? undefined : bodyOf(headers))
  }

  /**
   * `entry`: the message with this change. The saved state must not include a change whose message
   * is neither in the spool on disk nor sent.
   */
  set(kind: ListedKind, uuid: string, body: Body | undefined, entry?: Entry): void {
    const records = this.of(kind)
    const record = records.get(uuid)
    const changed = this.#changed.get(kind)!
    const before = changed.get(uuid)
    if (before) before.last = entry
    else changed.set(uuid, { first: entry, last: entry })
    if (body === undefined) records.delete(uuid)
    else if (record) record.body = body
    else records.set(uuid, { body })
  }

  of(kind: ListedKind): Map<string, KnownRecord> {
    return this.#records.get(kind)!
  }

  isSame(kind: ListedKind, uuid: string, body: string): boolean {
    const record = this.of(kind).get(uuid)
    return record !== undefined && short(record.body) === body
  }

  /**
   * Whether all records of a kind were loaded once. Before that, a listed record is not necessarily
   * new.
   */
  isWhole(kind: ListedKind): boolean {
    return this.#state.get(`whole/${kind}`) === "1"
  }

  setWhole(kind: ListedKind): void {
    this.#state.set(`whole/${kind}`, "1")
  }

  /**
   * Starts to track which records events refer to, until `end()` is called. Each caller gets its
   * own tracker.
   */
  watch(): Touched {
    const touched = new Touched((ended) => this.#watching.delete(ended))
    this.#watching.add(touched)
    return touched
  }

  /**
   * Saves the changes whose messages are on disk or sent, in one transaction. `savedTo`: the spool
   * position up to which messages are on disk. Returns the position up to which all changes are
   * saved.
   */
  save(savedTo: number): number {
    const changed: [ListedKind, string][] = []
    let to = savedTo
    for (const [kind, all] of this.#changed) {
      for (const [uuid, { first, last }] of all) {
        if (!last || isSafe(last)) changed.push([kind, uuid])
        else if (first && first.end > 0) to = Math.min(to, first.end - 1)
      }
    }
    if (changed.length === 0) return to
    const { database } = this.#state
    const put = database.prepare("INSERT OR REPLACE INTO known VALUES (?, ?, ?)")
    const remove = database.prepare("DELETE FROM known WHERE kind = ? AND uuid = ?")
    database.exec("BEGIN")
    try {
      for (const [kind, uuid] of changed) {
        const record = this.of(kind).get(uuid)
        if (!record) remove.run(kind, uuid)
        else put.run(kind, uuid, this.#shorten(kind, uuid, record.body))
      }
      this.#state.set("knownTo", String(to))
      database.exec("COMMIT")
    } catch (error) {
      database.exec("ROLLBACK")
      throw error
    }
    for (const [kind, uuid] of changed) this.#changed.get(kind)!.delete(uuid)
    return to
  }

  #shorten(kind: ListedKind, uuid: string, body: Body): string {
    const shortened = short(body)
    // Copies the key: a substring would keep the whole message text in memory.
    this.of(kind).delete(uuid)
    this.of(kind).set(Buffer.from(uuid).toString(), { body: shortened })
    return shortened
  }
}

function short(body: Body): string {
  if (typeof body === "string") return body
  return bodyOf((JSON.parse(jsonOf(body)) as { headers: HeaderPair[] }).headers)
}
