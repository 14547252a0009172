import type { Agenda } from "../engine/agenda.ts"
import type { Random } from "../engine/random.ts"
import { assumed } from "./assumptions.ts"
import type { Fleet, Instance } from "./fleet.ts"
import type { Queue } from "./queue.ts"
import type { Usage } from "./usage.ts"

const AT_FIRST = assumed("pollersAtFirst")
const MORE_A_SECOND = assumed("pollersMoreASecond")
const DEATHS = assumed("deathsABatch")
const SQS_MS = assumed("sqsMs")
const SECOND = 1000

/** Handles a batch from this time on, and returns when it ends. */
export type Handle<M> = (messages: M[], instance: Instance, startsAt: number) => number

type Options<M> = {
  agenda: Agenda
  random: Random
  queue: Queue<M>
  fleet: Fleet
  usage: Usage
  batchSize: number
  maximumConcurrency: number
  megabytes: number
  deaths?: number
  /** The queue was busy before: as many pollers as there may be. */
  isBusy?: boolean
  handle: Handle<M>
}

/** Lambda's pollers of one queue: few batches at once to begin with, and more while messages wait. */
export class EventSource<M> {
  readonly #options: Options<M>
  #allowed: number
  #running = 0
  #grows = false
  /** The most batches at once. */
  mostRunning = 0
  /** Of all batches together, cold starts included. */
  busyMs = 0
  batches = 0
  received = 0
  deaths = 0

  constructor(options: Options<M>) {
    this.#options = options
    const { maximumConcurrency, isBusy = false } = options
    this.#allowed = isBusy ? maximumConcurrency : Math.min(AT_FIRST, maximumConcurrency)
    options.queue.onVisible = () => this.#poll()
  }

  get batchMean(): number {
    return this.batches === 0 ? 0 : this.received / this.batches
  }

  /** How many batches ran at once, in the mean of this time. */
  runningMean(ms: number): number {
    return this.busyMs / ms
  }

  #poll(): void {
    const { queue, fleet, agenda, maximumConcurrency } = this.#options
    while (queue.visible > 0 && this.#running < this.#allowed) {
      const instance = fleet.take()
      if (!instance) break
      this.#start(instance)
    }
    if (this.#grows || queue.visible === 0) return
    this.#grows = true
    agenda.after(SECOND, () => {
      this.#grows = false
      // With no maximum but the account's, it grows as long as there are instances.
      if (queue.visible > 0)
        this.#allowed = Math.min(this.#allowed + MORE_A_SECOND, maximumConcurrency)
      this.#poll()
    })
  }

  #start(instance: Instance): void {
    const { queue, batchSize, agenda, handle, usage, random, megabytes } = this.#options
    const { deaths = DEATHS } = this.#options
    const entries = queue.receive(batchSize)
    this.#running++
    this.mostRunning = Math.max(this.mostRunning, this.#running)
    this.batches++
    this.received += entries.length
    const startsAt = agenda.now + instance.coldMs
    const dies = random.is(deaths)
    const messages = entries.map(({ message }) => message)
    const endsAt = dies ? startsAt : handle(messages, instance, startsAt)
    // One request to receive the batch and one to delete it.
    usage.sqsRequests += 2
    usage.invocations++
    this.busyMs += endsAt - agenda.now
    usage.gigabyteMs += (endsAt - startsAt) * (megabytes / 1024)
    agenda.at(endsAt, () => {
      this.#running--
      if (dies) this.deaths++
      for (const entry of entries) {
        if (dies) queue.keep(entry)
        else queue.delete(entry)
      }
      this.#options.fleet.give(instance, dies)
      // The poller deletes, then receives again.
      agenda.after(SQS_MS, () => this.#poll())
      if (this.#running === 0 && queue.visible === 0) this.#shrink()
    })
  }

  // With nothing left to do Lambda goes back to a few pollers, within minutes.
  #shrink(): void {
    this.#allowed = Math.max(AT_FIRST, Math.floor(this.#allowed / 2))
    this.#allowed = Math.min(this.#allowed, this.#options.maximumConcurrency)
  }
}
