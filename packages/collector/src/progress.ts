import type { SourceToken } from "@ringback/events/token"
import type { Sqs } from "./batch.ts"
import { makeMessageId, type Envelope } from "./envelope.ts"
import type { Coverage } from "./gaps/coverage.ts"
import type { Losses } from "./gaps/losses.ts"
import type { OpenGaps } from "./gaps/open-gaps.ts"
import { heartbeatNumber, sendHeartbeat } from "./heartbeat.ts"
import type { Storage } from "./spool/storage.ts"
import { version } from "./version.ts"

type ProgressOptions = {
  storage: Storage
  coverage: Coverage
  losses: Losses
  openGaps: OpenGaps
  envelope: Envelope
  sqs: Sqs
  queueUrl: string
  signingKey: () => SourceToken
  /** Last time the PBX sent something in the current or last session. */
  lastReadAt: () => number | null
  now: () => number
}

const STALLED_AT = "stalledAt"
const COUNTED = "countedHeartbeat"
const UNSENT_MS = 5_000

/** Tracks how far the PBX was read. Saved for the next start and sent to ingest in heartbeats. */
export class Progress {
  readonly #options: ProgressOptions
  #stalledAt: number | undefined
  #unsentAt: number | undefined
  /** The number of the last heartbeat, by the clock. */
  #number: number | undefined
  /** The same of the last regular one. Saved, so that a restart within its time adds none. */
  #counted: number | undefined
  // Heartbeats of a run are numbered, so that ingest knows their order if the clock is set back.
  readonly #run = makeMessageId()
  #sent = 0

  constructor(options: ProgressOptions) {
    this.#options = options
    this.#stalledAt = stalledAtOf(options.storage)
    const counted = options.storage.state.get(COUNTED)
    this.#counted = counted === undefined ? undefined : Number(counted)
  }

  /**
   * The process was suspended since then. What it reads now may be older than the time recorded in
   * the spool.
   */
  noteStall(since: number): void {
    this.#stalledAt = Math.min(since, this.#stalledAt ?? since)
    this.#rememberStall()
  }

  /** Last time a message was read but could not be stored. */
  get lostAt(): number | undefined {
    return this.#options.losses.streakOf("spool-full").latest
  }

  /** Saves what the next start needs. */
  remember(): void {
    const { storage, coverage, openGaps, lastReadAt } = this.#options
    storage.checkpoint()
    const until = coverage.readUntil(lastReadAt(), storage.spool.oldestUnsavedAt)
    if (until === null || !openGaps.areSaved()) return
    storage.remember("readUntil", String(until))
    if (this.#stalledAt !== undefined && until > this.#stalledAt) this.#stalledAt = undefined
    this.#rememberStall()
    const since = coverage.readSince(this.lostAt)
    if (since !== null && since <= until) storage.remember("readSince", String(since))
  }

  // Compared with what is stored: a full disk may have refused it the last time.
  #rememberStall(): void {
    const { storage } = this.#options
    const stall = this.#stalledAt === undefined ? "" : String(this.#stalledAt)
    if (stall !== (storage.state.get(STALLED_AT) ?? "")) storage.remember(STALLED_AT, stall)
  }

  /**
   * Best effort: it is not spooled, and the next heartbeat says the same. The first one of each
   * number is regular, the others are extra.
   */
  beat(): void {
    const { storage, coverage, losses, envelope, sqs, queueUrl, signingKey, now } = this.#options
    const { spool } = storage
    // A full spool means no coverage, and the report of that loss waits behind the whole spool. So
    // the heartbeat says it.
    const { readBefore, ...claim } = coverage.claim(losses.streakOf("spool-full"))
    const spoolAgeSeconds = ageSeconds(spool.oldestReceivedAt, now())
    const about = { receivedAt: now(), version, ...claim, spoolDepth: spool.depth, spoolAgeSeconds }
    const lastReadAt = claim.connectedSince === null ? null : this.#options.lastReadAt()
    const due = this.#numberAt(now())
    const isExtra = due === this.#counted
    const heartbeat = {
      ...envelope.heartbeat(about),
      run: this.#run,
      number: this.#sent++,
      ...(isExtra && { extra: true as const }),
      ...(readBefore && { readBefore }),
      ...(lastReadAt !== null && { readUntil: lastReadAt }),
    }
    this.#unsentAt = undefined
    this.#number = due
    this.#counted = due
    void sendHeartbeat(sqs, queueUrl, heartbeat, signingKey()).then((isSent) => {
      if (!isSent) this.#unsentAt = now()
      if (isExtra) return
      if (isSent) storage.remember(COUNTED, String(due))
      else if (this.#counted === due) this.#counted = undefined
    })
  }

  /** Sends the next heartbeat if it is due, or the last one again if the queue did not accept it. */
  beatIfDue(): void {
    const now = this.#options.now()
    const isUnsent = this.#unsentAt !== undefined && Math.abs(now - this.#unsentAt) >= UNSENT_MS
    if (isUnsent || this.#numberAt(now) !== this.#number) this.beat()
  }

  #numberAt(now: number): number {
    return heartbeatNumber(this.#options.storage.collector, now)
  }
}

/** Age of the oldest message in the spool. */
export const ageSeconds = (oldestReceivedAt: number | null, now: number) =>
  oldestReceivedAt === null ? 0 : Math.max(0, now - oldestReceivedAt) / 1_000

/** End of the coverage of an earlier run; null if there was none. */
export function readUntilOf({ state, spool }: Storage): number | null {
  const remembered = state.get("readUntil")
  if (remembered === undefined) return spool.lastReceivedAt
  const newest = Math.max(Number(remembered), spool.lastReceivedAt ?? 0)
  return Math.min(newest, stalledAtOf({ state }) ?? newest)
}

function stalledAtOf({ state }: Pick<Storage, "state">): number | undefined {
  const kept = state.get(STALLED_AT)
  return kept ? Number(kept) : undefined
}
