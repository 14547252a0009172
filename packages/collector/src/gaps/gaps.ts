import type { Action } from "@ringback/ami/action"
import type { AmiMessage } from "@ringback/ami/message"
import { eventNameOf } from "@ringback/events/kind"
import { FORGOTTEN, MAX_OTHER_GAPS } from "@ringback/events/message"
import type { Break } from "./coverage.ts"
import { type Envelope, makeMessageId } from "../envelope.ts"
import type { Intake } from "../intake.ts"
import type { Known, ListedKind } from "./known.ts"
import { ListedRecords } from "./listed-records.ts"
import { type ListRefusal, REFUSALS } from "./list-refusal.ts"
import type { Log } from "../log.ts"
import type { GapReason, Losses } from "./losses.ts"
import type { OpenGaps } from "./open-gaps.ts"
import { QuietDialings } from "./quiet-dialings.ts"
import { endForgotten, resync } from "./resync.ts"
import type { Spool } from "../spool/spool.ts"
import { startedAfter, uptimeAction } from "./uptime.ts"

type GapsOptions = {
  spool: Spool
  envelope: Envelope
  intake: Intake
  losses: Losses
  openGaps: OpenGaps
  known: Known
  /** The rows of a Show action, or why the PBX refuses it. */
  list: (action: string) => Promise<AmiMessage[] | ListRefusal>
  send: (action: Action) => Promise<AmiMessage>
  /** How far apart the two askings of a resync are. */
  confirmMs: number
  log: Log
  now: () => number
}

/** What the lists have not yet shown, because they could not be asked for, or the session ended meanwhile. */
type Unfilled = {
  /** Of the gaps, the newest last; none where there was no gap. */
  gaps: string[]
  from: number | null
  reason: string
  hasRestarted: boolean
  /** The dialler's module was loaded anew. */
  isModule: boolean
}

// A session may end for another reason while it is asked; one that ends again is ended by the question.
const MAX_UPTIME_FAILURES = 2
// Ten seconds, where the two askings are three apart.
const EMPTY_AFTER = 3.4

type Ended = { id: string; from: number; to: number; reason: GapReason; since?: number }

/** Reports what was missed, and infers of it what the PBX's lists can show. */
export class Gaps {
  readonly counts: Record<string, number> = {}
  readonly quiet = new QuietDialings()
  #options: GapsOptions
  // Gaps whose lists are being asked for.
  #pendingCount = 0
  #work: Promise<void> = Promise.resolve()
  #reports = new Set<Promise<void>>()
  #stopping = new AbortController()
  #unfilled: Unfilled | undefined
  /** Lists may be known now that were not when they were asked for. */
  #mustAskAgain = false
  #saidRefusal: ListRefusal | undefined
  #uptimeFailures = 0
  #records: ListedRecords

  constructor(options: GapsOptions) {
    this.#options = options
    this.#records = new ListedRecords(options)
  }

  /** A session was opened, before its first event; `gap` is the while without one. */
  bridge(gap: Break | null, hasRestarted: boolean): void {
    this.#options.known.watch()
    this.#enqueue(gap && { id: makeMessageId(), ...gap }, hasRestarted)
  }

  /** The PBX says that it is complete: what it did not know before, it may know now. */
  booted(): void {
    this.#mustAskAgain = true
    if (!this.#unfilled) return
    this.#options.known.watch()
    this.#enqueue(null, false)
  }

  /** The dialler's module was loaded anew in a running PBX: it has forgotten its dialings, and says nothing of them. */
  moduleLoaded(): void {
    const { log, known } = this.#options
    log("module.loaded", {})
    this.#mustAskAgain = true
    known.watch()
    this.#enqueue(null, true, true)
  }

  /** Asks for dialings that were not heard of for long; for none while a session's lists are asked for anyway. */
  askForQuiet(now: number): void {
    const { known, log } = this.#options
    if (this.#pendingCount > 0) return
    const uuids = this.quiet.takeQuiet(known.of("dialing").keys(), now)
    if (uuids.length === 0) return
    known.watch()
    this.#pendingCount++
    this.#work = this.#work.then(async () => {
      try {
        const count = await endForgotten(
          this.#asking({ gaps: [makeMessageId()], reason: "", isModule: true }),
          uuids,
        )
        if (count > 0) log("dialings.forgotten", { count })
      } catch (error) {
        log("resync.broken", { reason: (error as Error).message })
      }
      this.#pendingCount--
      if (this.#pendingCount === 0) known.unwatch()
    })
  }

  reportLosses(now: number): void {
    const { losses, known } = this.#options
    for (const { count, ...loss } of losses.takeQuiet(now)) {
      this.#options.log("messages.lost", { alarm: true, reason: loss.reason, count })
      if (loss.reason !== "spool-full") this.#reportSoon(loss)
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
    const damage = { id: makeMessageId(), reason: "spool-damaged" as const }
    this.#reportSoon({ ...damage, from: Math.min(from, to), to })
  }

  /** What the run before did not live to report. `until`: when it was last well. */
  reportLeft(until: number): void {
    for (const { to, ...gap } of this.#options.openGaps.left)
      this.#reportSoon({ ...gap, to: to ?? Math.max(gap.from, until) })
  }

  /** Reports at once what is still being asked for. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.reportLosses(Infinity)
    await this.#work
    await Promise.all(this.#reports)
  }

  #enqueue(gap: Ended | null, hasRestarted: boolean, isModule = false): void {
    if (gap) this.#options.openGaps.keep(gap)
    this.#pendingCount++
    this.#work = this.#work.then(async () => {
      // What an earlier asking could not show is shown by this one.
      const earlier = this.#unfilled
      const gaps = [...(earlier?.gaps ?? []), ...(gap ? [gap.id] : [])].slice(-MAX_OTHER_GAPS)
      const asked: Unfilled = {
        gaps: gaps.length > 0 ? gaps : [makeMessageId()],
        from: earlier?.from ?? gap?.from ?? null,
        reason: gap?.reason ?? earlier?.reason ?? "",
        hasRestarted: hasRestarted || (earlier?.hasRestarted ?? false),
        isModule: isModule || (earlier?.isModule ?? false),
      }
      this.#mustAskAgain = false
      const inferred = await this.#infer(asked)
      this.#unfilled = inferred ? undefined : asked
      if (gap) await this.#report(gap, inferred ?? {})
      if (inferred) await this.#records.askForRows()
      this.#pendingCount--
      if (this.#unfilled && this.#mustAskAgain && !this.#stopping.signal.aborted)
        this.#enqueue(null, false)
      else if (this.#pendingCount === 0) this.#options.known.unwatch()
    })
  }

  /** Undefined where the lists could not be asked for. */
  async #infer(asked: Unfilled) {
    const { from, hasRestarted } = asked
    let refusal: ListRefusal | undefined
    try {
      const inferred = await resync({
        ...this.#asking(asked, (each) => (refusal = each)),
        hasRestarted: async () =>
          hasRestarted || (from !== null && (await this.#hasBegunSince(from))),
      })
      this.#sayRefusal(refusal)
      // One list that was not known in the beginning is asked for again with the rest.
      return refusal === "unknown" ? undefined : inferred
    } catch (error) {
      // Mostly the session is gone again: what it would have shown, the next one's lists show.
      this.#options.log("resync.broken", { reason: (error as Error).message })
      return undefined
    }
  }

  #asking(
    { gaps, reason, isModule }: Pick<Unfilled, "gaps" | "reason" | "isModule">,
    onRefusal: (refusal: ListRefusal) => void = () => {},
  ) {
    const { known, intake, list, confirmMs, now } = this.#options
    const gap = gaps.at(-1)!
    const others = gaps.slice(0, -1)
    const ofGap = { reason, gap, ...(others.length > 0 && { others }) }
    const forgotten = { reason: FORGOTTEN, gap }
    return {
      known,
      confirm: {
        afterMs: confirmMs,
        emptyAfterMs: EMPTY_AFTER * confirmMs,
        signal: this.#stopping.signal,
      },
      list: async (kind: ListedKind) => {
        const answer = await list(showActionOf(kind))
        if (typeof answer !== "string") {
          this.#records.note(kind, answer)
          return answer
        }
        onRefusal(answer)
        return null
      },
      // Only what the module forgot is beyond doubt: all else a twin may have heard.
      emit: (event: AmiMessage) =>
        intake.takeSynthetic(
          event,
          now(),
          isModule && event.name === "OutDialingDelete" ? forgotten : ofGap,
        ),
    }
  }

  // Once, until it is another refusal or none.
  #sayRefusal(refusal: ListRefusal | undefined): void {
    if (refusal === this.#saidRefusal) return
    this.#saidRefusal = refusal
    if (!refusal) return this.#options.log("lists.answered", {})
    const { event, ...fields } = REFUSALS[refusal]
    this.#options.log(event, fields)
  }

  /** Only asked when dialings are missing and nothing else told: for want of an answer the session would be dropped. */
  async #hasBegunSince(from: number): Promise<boolean> {
    if (this.#uptimeFailures >= MAX_UPTIME_FAILURES) return false
    const { send, now } = this.#options
    // Counted before it is asked: a PBX that never answers costs a session each time.
    this.#uptimeFailures++
    const startedAt = startedAfter(await send(uptimeAction), now())
    if (startedAt !== undefined) this.#uptimeFailures = 0
    return startedAt !== undefined && startedAt > from
  }

  #reportSoon(gap: Ended): void {
    // With the end that is reported: made once more, it must be the same.
    this.#options.openGaps.keep(gap)
    const report = this.#report(gap, {}).finally(() => this.#reports.delete(report))
    this.#reports.add(report)
  }

  async #report(
    { id, reason, from, to, since }: Ended,
    inferred: Record<string, number>,
  ): Promise<void> {
    const { spool, envelope, openGaps, log, now } = this.#options
    this.counts[reason] = (this.counts[reason] ?? 0) + 1
    const gap = { id, from, to, reason, inferred, ...(since !== undefined && { since }) }
    spool.append(envelope.gap(gap, now()), true)
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
    await spool.flush()
    // While the disk refuses, the report is in memory alone: should that be lost, the next start makes the same again.
    if (spool.diskTrouble === null) openGaps.forget(id)
  }
}

const iso = (ms: number) => new Date(ms).toISOString()

const showActionOf = (kind: ListedKind) => eventNameOf(kind, "created").replace("Create", "Show")
