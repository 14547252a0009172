import type { Action } from "@ringback/ami/action"
import type { AmiMessage } from "@ringback/ami/message"
import { eventNameOf } from "@ringback/events/kind"
import type { Break } from "./coverage.ts"
import { type Envelope, makeMessageId } from "./envelope.ts"
import type { Intake } from "./intake.ts"
import type { Known, ListedKind } from "./known.ts"
import type { Log } from "./log.ts"
import type { GapReason, Losses } from "./losses.ts"
import { resync } from "./resync.ts"
import type { Spool } from "./spool.ts"
import { startedAfter, uptimeAction } from "./uptime.ts"

type GapsOptions = {
  spool: Spool
  envelope: Envelope
  intake: Intake
  losses: Losses
  known: Known
  /** The rows of a Show action; null where the PBX refuses it. */
  list: (action: string) => Promise<AmiMessage[] | null>
  send: (action: Action) => Promise<AmiMessage>
  /** How far apart the two askings of a resync are. */
  confirmMs: number
  log: Log
  now: () => number
}

type Ended = { from: number; to: number; reason: GapReason }

/** Reports what was missed, and infers of it what the PBX's lists can show. */
export class Gaps {
  readonly counts: Record<string, number> = {}
  #options: GapsOptions
  // Ended, but not reported: their lists are being asked for.
  #pending = new Set<{ from: number }>()
  #work: Promise<void> = Promise.resolve()
  #stopping = new AbortController()
  #canAsk = true
  #canAskUptime = true

  constructor(options: GapsOptions) {
    this.#options = options
  }

  /** Where the earliest gap began of which the spool does not know yet. */
  get openSince(): number | null {
    const starts = [...this.#pending].map(({ from }) => from)
    const lossesSince = this.#options.losses.since
    if (lossesSince !== null) starts.push(lossesSince)
    return starts.length > 0 ? Math.min(...starts) : null
  }

  /** A session was opened, before its first event; `gap` is the while without one. */
  bridge(gap: Break | null, hasRestarted: boolean): void {
    this.#options.known.watch()
    this.#enqueue(gap, hasRestarted)
  }

  reportLosses(now: number): void {
    const { losses, known } = this.#options
    for (const { count, ...loss } of losses.takeQuiet(now)) {
      this.#options.log("messages.lost", { alarm: true, reason: loss.reason, count })
      if (loss.reason !== "spool-full") this.#report(makeMessageId(), loss, {})
      else {
        known.watch()
        this.#enqueue(loss, false)
      }
    }
  }

  /** What the spool could not read of itself at the start. `until`: when the run before was last well. */
  reportDamages(until: number): void {
    const { damages } = this.#options.spool
    if (damages.length === 0) return
    const from = Math.min(...damages.map((each) => each.from ?? each.to ?? until))
    const to = Math.max(...damages.map((each) => each.to ?? until))
    const bytes = damages.reduce((sum, each) => sum + each.bytes, 0)
    this.#options.log("spool.damaged", { alarm: true, bytes, places: damages.length })
    this.#report(makeMessageId(), { reason: "spool-damaged", from: Math.min(from, to), to }, {})
  }

  /** Reports at once what is still being asked for. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.reportLosses(Infinity)
    await this.#work
  }

  #enqueue(gap: Ended | null, hasRestarted: boolean): void {
    if (gap) this.#pending.add(gap)
    this.#work = this.#work.then(async () => {
      const id = makeMessageId()
      const inferred = await this.#infer(id, gap, hasRestarted)
      if (gap) this.#report(id, gap, inferred)
      if (gap) this.#pending.delete(gap)
      if (this.#pending.size === 0) this.#options.known.unwatch()
    })
  }

  async #infer(id: string, gap: Ended | null, hasRestarted: boolean) {
    const { known, intake, list, confirmMs, now, log } = this.#options
    if (!this.#canAsk) return {}
    try {
      const inferred = await resync({
        known,
        hasRestarted: async () =>
          hasRestarted || (gap !== null && (await this.#hasBegunSince(gap.from))),
        confirm: { afterMs: confirmMs, signal: this.#stopping.signal },
        list: (kind) => list(showActionOf(kind)),
        emit: (event) => intake.takeSynthetic(event, now(), { reason: gap?.reason ?? "", gap: id }),
      })
      if (inferred) return inferred
      this.#canAsk = false
      log("lists.refused", {
        mend: "write=command for this user in manager.conf: then gaps are filled",
      })
    } catch (error) {
      // Mostly the session is gone again: what it would have shown, the next one's lists show.
      log("resync.broken", { reason: (error as Error).message })
    }
    return {}
  }

  /** Only asked when dialings are missing and nothing else told: for want of an answer the session would be dropped. */
  async #hasBegunSince(from: number): Promise<boolean> {
    if (!this.#canAskUptime) return false
    this.#canAskUptime = false
    const { send, now } = this.#options
    const startedAt = startedAfter(await send(uptimeAction), now())
    this.#canAskUptime = startedAt !== undefined
    return startedAt !== undefined && startedAt > from
  }

  #report(id: string, { reason, from, to }: Ended, inferred: Record<string, number>): void {
    const { spool, envelope, log, now } = this.#options
    this.counts[reason] = (this.counts[reason] ?? 0) + 1
    spool.append(envelope.gap({ id, from, to, reason, inferred }, now()), true)
    const seconds = (to - from) / 1_000
    // Whatever else makes a gap has raised its alarm when it began.
    log("gap", {
      alarm: reason === "restarted",
      reason,
      from: iso(from),
      to: iso(to),
      seconds,
      inferred,
    })
  }
}

const iso = (ms: number) => new Date(ms).toISOString()

const showActionOf = (kind: ListedKind) => eventNameOf(kind, "created").replace("Create", "Show")
