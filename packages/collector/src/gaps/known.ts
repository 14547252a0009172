import { fingerprint } from "@ringback/events/record"
import type { Action, Kind } from "@ringback/events/kind"
import { isMissing } from "@ringback/events/header"
import { type AmiMessage, findValue, type HeaderPair } from "@ringback/ami/message"
import { jsonOf, type Line } from "../spool/line.ts"
import type { State } from "../state.ts"

/** The kinds that the PBX lists whole. Dial list rows it does not, and its queue is never listed. */
export const listedKinds = ["campaign", "plan", "dlma", "destination", "dialing"] as const
export type ListedKind = (typeof listedKinds)[number]

// Asked of the list itself: a kind that is new elsewhere is not listed until it stands there.
const isListed = (kind: Kind): kind is ListedKind => (listedKinds as readonly Kind[]).includes(kind)

// A record as last heard: its line in the spool until that is saved, then its fingerprint. Hashing waits, because most
// records change more than once before; and the headers of them all would keep the garbage collector busy.
type Body = Line | string
type Heard = { body: Body }

export const bodyOf = (headers: HeaderPair[]) => fingerprint(headers).toString("base64url")

/** Which records the PBX had when it was last heard, over restarts: what a list is compared with after a gap. */
export class Known {
  #state: State
  #records = new Map<ListedKind, Map<string, Heard>>()
  #changed = new Map<ListedKind, Set<string>>()
  /** Records that events spoke of since `watch`. */
  #touched: Set<string> | undefined

  constructor(state: State) {
    this.#state = state
    state.database.exec(
      `CREATE TABLE IF NOT EXISTS known
       (kind TEXT, uuid TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, uuid)) WITHOUT ROWID`,
    )
    for (const kind of listedKinds) {
      this.#records.set(kind, new Map())
      this.#changed.set(kind, new Set())
    }
    for (const row of state.database.prepare("SELECT kind, uuid, body FROM known").iterate()) {
      const { kind, uuid, body } = row as { kind: ListedKind; uuid: string; body: string }
      this.#records.get(kind)?.set(uuid, { body })
    }
  }

  /** What an event says of a record. On the hot path: nothing is hashed or written here. */
  note({ kind, action }: { kind: Kind; action: Action }, message: AmiMessage, line: Line): void {
    if (!isListed(kind)) return
    const uuid = findValue(message, "Uuid")
    if (uuid === undefined || isMissing(uuid)) return
    if (this.#touched) this.#touched.add(`${kind}/${uuid}`)
    this.set(kind, uuid, action === "deleted" ? undefined : line)
  }

  set(kind: ListedKind, uuid: string, body: Body | undefined): void {
    const records = this.of(kind)
    const record = records.get(uuid)
    // One whose line is not saved yet has been noted as changed.
    if (typeof record?.body !== "object") this.#changed.get(kind)!.add(uuid)
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

  /** Remembers from now on which records events speak of. */
  watch(): void {
    this.#touched = new Set()
  }

  unwatch(): void {
    this.#touched = undefined
  }

  isTouched(kind: ListedKind, uuid: string): boolean {
    return this.#touched?.has(`${kind}/${uuid}`) ?? false
  }

  /** Writes what changed, in one transaction. */
  save(): void {
    const changed = [...this.#changed].flatMap(([kind, uuids]) =>
      [...uuids].map((uuid): [ListedKind, string] => [kind, uuid]),
    )
    if (changed.length === 0) return
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
      database.exec("COMMIT")
    } catch (error) {
      database.exec("ROLLBACK")
      throw error
    }
    for (const uuids of this.#changed.values()) uuids.clear()
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
