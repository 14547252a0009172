import { type AmiMessage, header } from "@ringback/ami/message"
import { type Envelope, MAX_JSON_BYTES, type Synthetic } from "./envelope.ts"
import type { Known } from "./gaps/known.ts"
import type { Losses } from "./gaps/losses.ts"
import type { Selection } from "./selection.ts"
import type { EdgeTrace } from "./edge-trace.ts"
import type { Spool } from "./spool/spool.ts"
import type { Entry } from "./spool/send-window.ts"

/**
 * Takes messages from the socket into the spool. It blocks the socket's reads, so it does little
 * and never waits.
 */
export class Intake {
  syntheticCount = 0
  #newest: AmiMessage | undefined
  #newestAt = 0
  #spool: Spool
  #envelope: Envelope
  #losses: Losses
  #known: Known
  #selection: Selection
  #trace: EdgeTrace | undefined

  constructor(parts: {
    spool: Spool
    envelope: Envelope
    losses: Losses
    known: Known
    selection: Selection
    trace?: EdgeTrace | undefined
  }) {
    this.#spool = parts.spool
    this.#envelope = parts.envelope
    this.#losses = parts.losses
    this.#known = parts.known
    this.#selection = parts.selection
    this.#trace = parts.trace
  }

  /** False if the event is not forwarded. */
  take(message: AmiMessage, receivedAt: number): boolean {
    if (message.kind !== "event") return false
    const wanted = this.#selection.find(message.name)
    if (!wanted) return false
    wanted.count++
    this.#newest = message
    this.#newestAt = receivedAt
    // Only stored events update the known records. A lost event is inferred from the lists later.
    const entry = this.#keep(message, receivedAt)
    if (entry && wanted.recordEvent) this.#known.note(wanted.recordEvent, message, entry)
    return true
  }

  /** Undefined if the spool is full. */
  takeSynthetic(message: AmiMessage, receivedAt: number, synthetic: Synthetic): Entry | undefined {
    const entry = this.#keep(message, receivedAt, synthetic)
    if (entry) this.syntheticCount++
    return entry
  }

  /** Stores a list row. If the spool is full the row is dropped, but no event is lost. */
  takeRecord(row: AmiMessage, receivedAt: number): void {
    const json = this.#envelope.record(row, receivedAt)
    if (json.length <= MAX_JSON_BYTES) this.#spool.append(json)
  }

  #keep(message: AmiMessage, receivedAt: number, synthetic?: Synthetic): Entry | undefined {
    const json = this.#envelope.event(message, receivedAt, synthetic)
    // The parser limits the bytes on the wire. Escaped as JSON they may exceed the limit.
    const isOversized = typeof json === "string" && json.length > MAX_JSON_BYTES
    const entry = isOversized ? undefined : this.#spool.append(json)
    if (!entry) this.#losses.note(isOversized ? "oversized" : "spool-full", receivedAt)
    else if (this.#trace) this.#trace.read(entry, message.name)
    return entry
  }

  get hasTaken(): boolean {
    return this.#newest !== undefined
  }

  /** Timestamp of the newest event by the PBX's clock; null without one (`timestampevents=no`). */
  get newestTimestamp(): number | null {
    const seconds = Number(this.#newest && header(this.#newest, "Timestamp"))
    return Number.isFinite(seconds) ? seconds : null
  }

  /** Our clock minus the PBX's Timestamp: the delay plus the clock difference. */
  get lagSeconds(): number | null {
    const timestamp = this.newestTimestamp
    return timestamp === null ? null : this.#newestAt / 1_000 - timestamp
  }
}
