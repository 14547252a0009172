import type { Action } from "@ringback/ami/action"
import { AmiError } from "@ringback/ami/errors"
import type { AmiMessage } from "@ringback/ami/message"
import { FORGOTTEN, MAX_OTHER_GAPS } from "@ringback/events/message"
import { makeMessageId } from "../envelope.ts"
import type { Intake } from "../intake.ts"
import type { Log } from "../log.ts"
import type { Spool } from "../spool/spool.ts"
import type { Gap } from "./gap-reports.ts"
import type { Known, ListedKind } from "./known.ts"
import { ListedRecords, showActionOf } from "./listed-records.ts"
import { canChange, type ListRefusal, REFUSALS } from "./list-refusal.ts"
import { QuietDialings } from "./quiet-dialings.ts"
import { endForgotten, type Inferred, resync } from "./resync.ts"
import { Retry } from "./retry.ts"
import type { Touched } from "./touched-records.ts"
import type { Unfilled, UnfilledGaps } from "./unfilled.ts"
import { Uptime } from "./uptime.ts"

export type GapListsOptions = {
  spool: Pick<Spool, "flush" | "diskTrouble">
  intake: Pick<Intake, "takeSynthetic" | "takeRecord">
  known: Known
  unfilled: UnfilledGaps
  /** Rows of a Show action, or the reason why the PBX refused it. */
  list: (action: string) => Promise<AmiMessage[] | ListRefusal>
  send: (action: Action) => Promise<AmiMessage>
  /** Time between the two reads of a resync. */
  confirmMs: number
  log: Log
  now: () => number
}

/** The reason for reading the lists. `gap` is null if no gap is known. */
type Question = { gap: Gap | null; hasRestarted?: boolean; isModule?: boolean }

// 10 seconds with the default `confirmMs` of 3 seconds.
const EMPTY_AFTER = 3.4

/**
 * Reads the PBX's lists, one request after another. Requests that could not be completed are
 * repeated later.
 */
export class GapLists {
  readonly quiet = new QuietDialings()
  readonly #options: GapListsOptions
  readonly #uptime: Uptime
  readonly #retry = new Retry()
  readonly #records: ListedRecords
  readonly #stopping = new AbortController()
  #pendingCount = 0
  #work: Promise<unknown> = Promise.resolve()
  #loggedRefusal: ListRefusal["why"] | undefined

  constructor(options: GapListsOptions) {
    this.#options = options
    this.#uptime = new Uptime(options.send, options.now)
    this.#records = new ListedRecords(options)
  }

  /**
   * Infers missed events and returns their number by type. Call it before the first event that may
   * be newer than the lists.
   */
  ask(question: Question): Promise<Inferred> {
    this.#retry.reset()
    return this.#enqueue((touched) => this.#fill(question, touched))
  }

  /** After FullyBooted the PBX may support actions that it did not know before. */
  booted(): void {
    this.#retry.hurry()
  }

  /**
   * Repeats incomplete requests and checks dialings without recent events. Call it only during a
   * session.
   */
  askAgain(now: number): void {
    if (this.#pendingCount > 0) return
    if (this.#options.unfilled.current && this.#retry.isDue(now)) {
      void this.#enqueue((touched) => this.#fill({ gap: null }, touched))
      return
    }
    const due = this.#records.due(now)
    if (due.length > 0) {
      void this.#enqueue(() => this.#records.sendAgain(due))
      return
    }
    const uuids = this.quiet.takeQuiet(this.#options.known.of("dialing").keys(), now)
    if (uuids.length > 0) void this.#enqueue((touched) => this.#endForgotten(uuids, touched))
  }

  /** Aborts the current requests. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#work
  }

  #enqueue<T>(run: (touched: Touched) => Promise<T>): Promise<T> {
    const touched = this.#options.known.watch()
    this.#pendingCount++
    const done = this.#work.then(async () => {
      try {
        return await run(touched)
      } finally {
        touched.end()
        this.#pendingCount--
      }
    })
    this.#work = done
    return done
  }

  async #fill({ gap, hasRestarted, isModule }: Question, touched: Touched): Promise<Inferred> {
    const { spool, unfilled, now } = this.#options
    // This request also covers gaps that an earlier one could not fill.
    const earlier = unfilled.current
    const asked: Unfilled = {
      gaps: [...(earlier?.gaps ?? []), ...(gap ? [gap.id] : [])].slice(-MAX_OTHER_GAPS),
      from: earlier?.from ?? gap?.from ?? null,
      reason: gap?.reason ?? earlier?.reason ?? "",
      hasRestarted: hasRestarted ?? earlier?.hasRestarted ?? false,
      isModule: isModule ?? earlier?.isModule ?? false,
    }
    this.#retry.begin()
    // Saved before the lists are requested. If the process is killed now, the next run must still
    // know these gaps.
    unfilled.set(asked)
    const inferred: Inferred = {}
    const outcome = await this.#resync(asked, touched, inferred)
    if (outcome === "later") this.#retry.failed(now())
    if (outcome === "filled") {
      await this.#records.askForRows()
      // Forget the gaps only after the inferred events are on the disk.
      await spool.flush()
      unfilled.clear(spool.diskTrouble === null)
    }
    return inferred
  }

  async #resync(
    asked: Unfilled,
    touched: Touched,
    inferred: Inferred,
  ): Promise<"filled" | "later" | "refused"> {
    const { from, hasRestarted } = asked
    const refusals: ListRefusal[] = []
    try {
      const isAnswered = await resync({
        ...this.#asking(asked, (refusal) => void refusals.push(refusal)),
        touched,
        inferred,
        hasRestarted: async () =>
          hasRestarted || (from !== null && (await this.#uptime.hasBegunSince(from))),
      })
      const changing = refusals.find(canChange)
      this.#logRefusal(changing ?? refusals[0])
      // If one list was unavailable, all lists are read again later.
      if (changing) return "later"
      return isAnswered ? "filled" : "refused"
    } catch (error) {
      // Usually the session ended. The next session reads the lists again.
      this.#options.log("resync.broken", { reason: (error as Error).message })
      return "later"
    }
  }

  async #endForgotten(uuids: readonly string[], touched: Touched): Promise<void> {
    const { log } = this.#options
    const asked = { gaps: [], reason: "", isModule: true }
    try {
      const count = await endForgotten({ ...this.#asking(asked), touched }, uuids)
      if (count > 0) log("dialings.forgotten", { count })
    } catch (error) {
      log("resync.broken", { reason: (error as Error).message })
    }
  }

  #asking(
    { gaps, reason, isModule }: Pick<Unfilled, "gaps" | "reason" | "isModule">,
    onRefusal: (refusal: ListRefusal) => void = () => {},
  ) {
    const { known, intake, confirmMs, now } = this.#options
    const gap = gaps.at(-1) ?? makeMessageId()
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
        const answer = await this.#list(kind)
        if (Array.isArray(answer)) {
          this.#records.note(kind, answer)
          return answer
        }
        onRefusal(answer)
        return null
      },
      // Another collector may have seen other deletes. Only dialings lost when the module was
      // reloaded are certain to be over.
      emit: (event: AmiMessage) =>
        intake.takeSynthetic(
          event,
          now(),
          isModule && gaps.length === 0 && event.name === "OutDialingDelete" ? forgotten : ofGap,
        ),
    }
  }

  async #list(kind: ListedKind): Promise<AmiMessage[] | ListRefusal> {
    try {
      return await this.#options.list(showActionOf(kind))
    } catch (error) {
      // The other lists may still be readable.
      if (!(error instanceof AmiError) || error.code !== "list_too_large") throw error
      return { why: "too-large", message: error.message }
    }
  }

  // Logs a refusal once, until its reason changes.
  #logRefusal(refusal: ListRefusal | undefined): void {
    if (refusal?.why === this.#loggedRefusal) return
    this.#loggedRefusal = refusal?.why
    if (!refusal) return this.#options.log("lists.answered", {})
    const { event, ...fields } = REFUSALS[refusal.why]
    this.#options.log(event, { ...fields, reason: refusal.message })
  }
}
