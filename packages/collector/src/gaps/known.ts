import { fingerprint } from "@ringback/events/record"
import { eventNameIn, isMissing, valueOf } from "@ringback/events/header"
import { type Action, type Kind, parseEventName } from "@ringback/events/kind"
import { type AmiMessage, findValue, type HeaderPair } from "@ringback/ami/message"
import { jsonOf, type SpoolRecord } from "../spool/record.ts"
import { type Entry, isSafe } from "../spool/send-window.ts"
import type { State } from "../state.ts"
import { recordName, Touched } from "./touched.ts"

/** The kinds that the PBX lists whole. Dial list rows it does not, and its queue is never listed. */
export const listedKinds = ["campaign", "plan", "dlma", "destination", "dialing"] as const
export type ListedKind = (typeof listedKinds)[number]

// Asked of the list itself: a kind that is new elsewhere is not listed until it stands there.
const isListed = (kind: Kind): kind is ListedKind => (listedKinds as readonly Kind[]).includes(kind)

// What is remembered of the PBX takes no more of the disk and of memory than this, whatever it says.
const MAX_UUID_LENGTH = 128
const MAX_RECORDS = 50_000

/** Whether a record of that name is remembered. */
export const isKept = (uuid: string) => uuid.length <= MAX_UUID_LENGTH

// A record as last heard: its record in the spool until that is saved, then its fingerprint. Hashing waits, because most
// records change more than once before; and the headers of them all would keep the garbage collector busy.
type Body = SpoolRecord | string
type Heard = { body: Body }

/** What was not written down yet: the first and the last message that said so, where one of the spool did. */
type Changed = { first: Entry | undefined; last: Entry | undefined }

export const bodyOf = (headers: HeaderPair[]) => fingerprint(headers).toString("base64url")

/** Which records the PBX had when it was last heard, over restarts: what a list is compared with after a gap. */
export class Known {
  #state: State
  #records = new Map<ListedKind, Map<string, Heard>>()
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

  /** What an event says of a record. On the hot path: nothing is hashed or written here. */
  note({ kind, action }: { kind: Kind; action: Action }, message: AmiMessage, entry: Entry): void {
    if (!isListed(kind)) return
    const uuid = findValue(message, "Uuid")
    if (uuid === undefined || isMissing(uuid) || !isKept(uuid)) return
    for (const touched of this.#watching) touched.add(recordName(kind, uuid))
    const records = this.of(kind)
    // Not all are known any more: the next list is learnt, and nothing is concluded from it.
    if (records.size >= MAX_RECORDS && !records.has(uuid) && action !== "deleted")
      return this.#state.set(`whole/${kind}`, "0")
    this.set(kind, uuid, action === "deleted" ? undefined : entry, entry)
  }

  /** What a message says that the spool had when the last run ended: it may be younger than all that was saved. */
  recover(record: SpoolRecord & { end: number }): void {
    if (record.end <= Number(this.#state.get("knownTo") ?? 0)) return
    const { headers } = JSON.parse(jsonOf(record)) as { headers?: HeaderPair[] }
    const said = headers && parseEventName(eventNameIn(headers) ?? "")
    const uuid = headers && valueOf(headers, "Uuid")
    if (!said || !uuid || !isListed(said.kind)) return
    this.set(said.kind, uuid, said.action === "deleted" ? undefined : bodyOf(headers))
  }

  /** `entry`: the message that says so; what is saved must not be ahead of what is sent. */
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

  of(kind: ListedKind): Map<string, Heard> {
    return this.#records.get(kind)!
  }

  isSame(kind: ListedKind, uuid: string, body: string): boolean {
    const record = this.of(kind).get(uuid)
    return record !== undefined && short(record.body) === body
  }

  /** Whether all records of a kind were learnt once; before that, one in a list need not be new. */
  isWhole(kind: ListedKind): boolean {
    return this.#state.get(`whole/${kind}`) === "1"
  }

  setWhole(kind: ListedKind): void {
    this.#state.set(`whole/${kind}`, "1")
  }

  /** Remembers from now on which records events speak of, until that is ended; for each who watches by itself. */
  watch(): Touched {
    const touched = new Touched((ended) => this.#watching.delete(ended))
    this.#watching.add(touched)
    return touched
  }

  /**
   * Writes what changed, in one transaction, except for what is not on the disk (`savedTo`: up to where it is). The
   * result is the place in the spool up to which all is written.
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
    // A new key too: the one that was cut out of a message would keep all of its text alive.
    this.of(kind).delete(uuid)
    this.of(kind).set(Buffer.from(uuid).toString(), { body: shortened })
    return shortened
  }
}

function short(body: Body): string {
  if (typeof body === "string") return body
  return bodyOf((JSON.parse(jsonOf(body)) as { headers: HeaderPair[] }).headers)
}
