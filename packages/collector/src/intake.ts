import { type AmiMessage, header } from "@ringback/ami/message"
import { type Envelope, MAX_JSON_BYTES, type Synthetic } from "./envelope.ts"
import type { Losses } from "./losses.ts"
import type { Spool } from "./spool.ts"

/** From the socket into the spool. Runs while the socket is being read, so it does little and waits for nothing. */
export class Intake {
  readonly counts = new Map<string, number>()
  syntheticCount = 0
  #newest: AmiMessage | undefined
  #newestAt = 0
  #spool: Spool
  #envelope: Envelope
  #losses: Losses
  #isWanted: (name: string) => boolean

  constructor(
    spool: Spool,
    envelope: Envelope,
    losses: Losses,
    isWanted: (name: string) => boolean,
  ) {
    this.#spool = spool
    this.#envelope = envelope
    this.#losses = losses
    this.#isWanted = isWanted
  }

  /** False: not an event that is forwarded. */
  take(message: AmiMessage, receivedAt: number): boolean {
    if (message.kind !== "event" || !this.#isWanted(message.name)) return false
    this.counts.set(message.name, (this.counts.get(message.name) ?? 0) + 1)
    this.#newest = message
    this.#newestAt = receivedAt
    this.#keep(message, receivedAt)
    return true
  }

  takeSynthetic(message: AmiMessage, receivedAt: number, synthetic: Synthetic): void {
    this.syntheticCount++
    this.#keep(message, receivedAt, synthetic)
  }

  #keep(message: AmiMessage, receivedAt: number, synthetic?: Synthetic): void {
    const json = this.#envelope.event(message.headers, receivedAt, synthetic)
    // The parser's bound is on the wire's bytes; escaped, they may be more.
    if (json.length > MAX_JSON_BYTES) this.#losses.note("oversized", receivedAt)
    else if (!this.#spool.append(json)) this.#losses.note("spool-full", receivedAt)
  }

  /** The PBX's clock in the newest event, null where it does not say (`timestampevents=no`). */
  get newestTimestamp(): number | null {
    const seconds = Number(this.#newest && header(this.#newest, "Timestamp"))
    return Number.isFinite(seconds) ? seconds : null
  }

  /** Our clock minus the PBX's: its delay and the clocks' difference. */
  get lagSeconds(): number | null {
    const timestamp = this.newestTimestamp
    return timestamp === null ? null : this.#newestAt / 1_000 - timestamp
  }
}
