import { type AmiMessage, header } from "@ringback/ami/message"
import { makeMessageId } from "../envelope.ts"
import type { Log } from "../log.ts"
import type { Spool } from "../spool/spool.ts"
import type { Break } from "./coverage.ts"
import type { GapLists } from "./gap-lists.ts"
import type { Gap, GapReports } from "./gap-reports.ts"
import type { Losses } from "./losses.ts"
import type { OpenGaps } from "./open-gaps.ts"

type GapsOptions = {
  spool: Spool
  losses: Losses
  openGaps: OpenGaps
  lists: GapLists
  reports: GapReports
  log: Log
}

const DIALLER_MODULE = "res_outbound.so"

/** Reports gaps and infers missed events from the PBX's lists. */
export class Gaps {
  readonly #options: GapsOptions
  readonly #reported = new Set<Promise<void>>()

  constructor(options: GapsOptions) {
    this.#options = options
  }

  get counts(): Record<string, number> {
    return this.#options.reports.counts
  }

  /**
   * Call at the start of a session, before its first event. `gap` is the period without a session.
   */
  bridge(gap: Break | null, hasRestarted: boolean): void {
    const { lists } = this.#options
    if (gap) this.#fill({ id: makeMessageId(), ...gap }, hasRestarted)
    else void lists.ask({ gap: null, ...(hasRestarted && { hasRestarted }) })
  }

  /** Handles an event that concerns dialings or the PBX's modules. */
  note(message: AmiMessage, at: number): void {
    const { lists } = this.#options
    lists.quiet.note(message, at)
    // After FullyBooted the PBX may support actions that it did not know before.
    if (message.name === "FullyBooted") lists.booted()
    // Asterisk 16 and later send Load events to users with read=system.
    if (message.name === "Load" && header(message, "Module") === DIALLER_MODULE)
      this.#moduleLoaded()
  }

  /** Repeats incomplete list requests. Call it regularly during a session. */
  askAgain(now: number): void {
    this.#options.lists.askAgain(now)
  }

  reportLosses(now: number): void {
    const { losses, log, reports } = this.#options
    void reports.forgetSaved()
    for (const { count, ...loss } of losses.takeQuiet(now)) {
      log("messages.lost", { alarm: true, reason: loss.reason, count })
      if (loss.reason === "spool-full") this.#fill(loss, false)
      else this.#report(loss)
    }
  }

  /**
   * Reports the parts of the spool that were unreadable at the start. `until`: when the previous
   * run last worked.
   */
  reportDamages(until: number): void {
    const { damages } = this.#options.spool
    if (damages.length === 0) return
    const from = Math.min(...damages.map((each) => each.from ?? each.to ?? until))
    const to = Math.max(...damages.map((each) => each.to ?? until))
    const bytes = damages.reduce((sum, each) => sum + each.bytes, 0)
    this.#options.log("spool.damaged", { alarm: true, bytes, places: damages.length })
    const damage = { id: makeMessageId(), reason: "spool-damaged" as const }
    this.#report({ ...damage, from: Math.min(from, to), to })
  }

  /** Reports the gaps that the previous run did not report. `until`: when that run last worked. */
  reportLeft(until: number): void {
    for (const { to, ...gap } of this.#options.openGaps.left)
      this.#report({ ...gap, to: to ?? Math.max(gap.from, until) })
  }

  /** Stops the list requests and reports all open gaps now. */
  async stop(): Promise<void> {
    this.reportLosses(Infinity)
    await this.#options.lists.stop()
    await Promise.all(this.#reported)
  }

  // A reloaded module has lost its dialings and sends no events about them.
  #moduleLoaded(): void {
    const { log, lists } = this.#options
    log("module.loaded", {})
    void lists.ask({ gap: null, hasRestarted: true, isModule: true })
  }

  #fill(gap: Gap, hasRestarted: boolean): void {
    const { lists, reports } = this.#options
    reports.keep(gap)
    const asked = lists.ask({ gap, ...(hasRestarted && { hasRestarted }) })
    this.#track(asked.then((inferred) => reports.report(gap, inferred)))
  }

  #report(gap: Gap): void {
    const { reports } = this.#options
    reports.keep(gap)
    this.#track(reports.report(gap, {}))
  }

  #track(report: Promise<void>): void {
    const done = report.finally(() => this.#reported.delete(done))
    this.#reported.add(done)
  }
}
