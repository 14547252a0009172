import type { Action } from "@ringback/ami/action"
import { AmiError } from "@ringback/ami/errors"
import type { AmiMessage } from "@ringback/ami/message"
import { eventNameOf } from "@ringback/events/kind"
import { FORGOTTEN, MAX_OTHER_GAPS } from "@ringback/events/message"
import { makeMessageId } from "../envelope.ts"
import type { Intake } from "../intake.ts"
import type { Log } from "../log.ts"
import type { Spool } from "../spool/spool.ts"
import type { Gap } from "./gap-reports.ts"
import type { Known, ListedKind } from "./known.ts"
import { ListedRecords } from "./listed-records.ts"
import { canChange, type ListRefusal, REFUSALS } from "./list-refusal.ts"
import { QuietDialings } from "./quiet-dialings.ts"
import { endForgotten, type Inferred, resync } from "./resync.ts"
import { Retry } from "./retry.ts"
import type { Touched } from "./touched.ts"
import type { Unfilled, UnfilledGaps } from "./unfilled.ts"
import { Uptime } from "./uptime.ts"

export type GapListsOptions = {
  spool: Pick<Spool, "flush" | "diskTrouble">
  intake: Pick<Intake, "takeSynthetic" | "takeRecord">
  known: Known
  unfilled: UnfilledGaps
  /** The rows of a Show action, or why the PBX refuses it. */
  list: (action: string) => Promise<AmiMessage[] | ListRefusal>
  send: (action: Action) => Promise<AmiMessage>
  /** How far apart the two askings of a resync are. */
  confirmMs: number
  log: Log
  now: () => number
}

/** What the lists are asked for. `gap`: null where nothing was missed that is known of. */
type Question = { gap: Gap | null; hasRestarted?: boolean; isModule?: boolean }

// Ten seconds, where the two askings are three apart.
const EMPTY_AFTER = 3.4

/** Asks for the PBX's lists, one question after the other, and keeps what they could not show until they do. */
export class GapLists {
  readonly quiet = new QuietDialings()
  readonly #options: GapListsOptions
  readonly #uptime: Uptime
  readonly #retry = new Retry()
  readonly #records: ListedRecords
  readonly #stopping = new AbortController()
  #pendingCount = 0
  #work: Promise<unknown> = Promise.resolve()
  #saidRefusal: ListRefusal["why"] | undefined

  constructor(options: GapListsOptions) {
    this.#options = options
    this.#uptime = new Uptime(options.send, options.now)
    this.#records = new ListedRecords(options)
  }

  /** Infers what was missed; the result counts that by type. Call it before the first event that the lists may be behind. */
  ask(question: Question): Promise<Inferred> {
    this.#retry.reset()
    return this.#enqueue((touched) => this.#fill(question, touched))
  }

  /** The PBX says that it is complete: what it did not know before, it may know now. */
  booted(): void {
    this.#retry.hurry()
  }

  /** Asks again for what the lists could not show, and for dialings that were not heard of for long. Call it in a session. */
  askAgain(now: number): void {
    if (this.#pendingCount > 0) return
    if (this.#options.unfilled.current && this.#retry.isDue(now)) {
      void this.#enqueue((touched) => this.#fill({ gap: null }, touched))
      return
    }
    const uuids = this.quiet.takeQuiet(this.#options.known.of("dialing").keys(), now)
    if (uuids.length > 0) void this.#enqueue((touched) => this.#endForgotten(uuids, touched))
  }

  /** Breaks off what is being asked for. */
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
    // What an earlier asking could not show is shown by this one.
    const earlier = unfilled.current
    const asked: Unfilled = {
      gaps: [...(earlier?.gaps ?? []), ...(gap ? [gap.id] : [])].slice(-MAX_OTHER_GAPS),
      from: earlier?.from ?? gap?.from ?? null,
      reason: gap?.reason ?? earlier?.reason ?? "",
      hasRestarted: hasRestarted ?? earlier?.hasRestarted ?? false,
      isModule: isModule ?? earlier?.isModule ?? false,
    }
    this.#retry.begin()
    // Kept before it asks: a process that is killed meanwhile has reported these gaps already, and would ask for younger ones alone.
    unfilled.set(asked)
    const inferred: Inferred = {}
    const outcome = await this.#resync(asked, touched, inferred)
    if (outcome === "later") this.#retry.failed(now())
    if (outcome === "filled") {
      await this.#records.askForRows()
      // What was inferred must be safe before it is forgotten that it was to be inferred.
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
      this.#sayRefusal(changing ?? refusals[0])
      // One list that was not known in the beginning is asked for again with the rest.
      if (changing) return "later"
      return isAnswered ? "filled" : "refused"
    } catch (error) {
      // Mostly the session is gone again: what it would have shown, the next one's lists show.
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
      // Only what the module forgot is beyond doubt: all else, and what ended in a gap after it, a twin may have heard.
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
      // The others may be had all the same.
      if (!(error instanceof AmiError) || error.code !== "list_too_large") throw error
      return { why: "too-large", said: error.message }
    }
  }

  // Once, until it is another refusal or none.
  #sayRefusal(refusal: ListRefusal | undefined): void {
    if (refusal?.why === this.#saidRefusal) return
    this.#saidRefusal = refusal?.why
    if (!refusal) return this.#options.log("lists.answered", {})
    const { event, ...fields } = REFUSALS[refusal.why]
    this.#options.log(event, { ...fields, reason: refusal.said })
  }
}

const showActionOf = (kind: ListedKind) => eventNameOf(kind, "created").replace("Create", "Show")
