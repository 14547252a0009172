import { AsyncLocalStorage } from "node:async_hooks"
import { setImmediate as turn } from "node:timers/promises"

/** When a stopped process goes on, its timers run first, or what came meanwhile is read first: as it was stopped. */
export type EntryKind = "timer" | "io"

type Entry = {
  at: number
  order: number
  kind: EntryKind
  process: SimProcess | undefined
  run: () => unknown
  isCancelled: boolean
}

const running = new AsyncLocalStorage<SimProcess>()

/** The simulated process whose code is running now; undefined for the model's own and all other code. */
export const currentProcess = (): SimProcess | undefined => running.getStore()

/** Virtual time: does what is due, in order, and lets everything settle before it goes on. No entry ever waits for real. */
export class Simulation {
  /** Epoch ms of the true time. */
  now: number
  readonly #entries: Entry[] = []
  #order = 0

  constructor(now: number) {
    this.now = now
  }

  /** Runs it after the delay, as that process (none: as the world around them). The result takes it back. */
  schedule(
    delayMs: number,
    run: () => unknown,
    process?: SimProcess,
    kind: EntryKind = "io",
  ): () => void {
    const at = this.now + Math.max(0, delayMs)
    const entry: Entry = { at, order: this.#order++, kind, process, run, isCancelled: false }
    this.#push(entry)
    return () => void (entry.isCancelled = true)
  }

  async runUntil(at: number): Promise<void> {
    // What was begun outside of it.
    await turn()
    for (let next = this.#entries[0]; next && next.at <= at; next = this.#entries[0]) {
      this.#pop()
      if (next.isCancelled || next.process?.isDead) continue
      this.now = Math.max(this.now, next.at)
      await this.#do(next)
    }
    this.now = Math.max(this.now, at)
  }

  /** What a stopped process could not do. */
  resume(entries: Entry[], first: EntryKind): void {
    const sorted = [
      ...entries.filter(({ kind }) => kind === first),
      ...entries.filter(({ kind }) => kind !== first),
    ]
    for (const entry of sorted)
      this.#push(Object.assign(entry, { at: this.now, order: this.#order++ }))
  }

  async #do(entry: Entry): Promise<void> {
    const { process, run } = entry
    if (!process) await run()
    else if (process.isFrozen) return void process.held.push(entry)
    else running.run(process, run)
    // All microtasks of all processes are over when this comes.
    await turn()
  }

  #push(entry: Entry): void {
    const heap = this.#entries
    let at = heap.push(entry) - 1
    for (let parent; at > 0 && isBefore(entry, heap[(parent = (at - 1) >> 1)]!); at = parent) {
      heap[at] = heap[parent]!
    }
    heap[at] = entry
  }

  #pop(): void {
    const heap = this.#entries
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}

const isBefore = (a: Entry, b: Entry) => a.at < b.at || (a.at === b.at && a.order < b.order)

/** A process of its own clock that can be stopped and killed at any moment between two things that it does. */
export class SimProcess {
  readonly simulation: Simulation
  readonly held: Entry[] = []
  isDead = false
  isFrozen = false
  #skewMs: number

  constructor(simulation: Simulation, skewMs: number) {
    this.simulation = simulation
    this.#skewMs = skewMs
  }

  /** Its own clock. */
  now(): number {
    return this.simulation.now + this.#skewMs
  }

  schedule(delayMs: number, run: () => unknown, kind: EntryKind): () => void {
    return this.simulation.schedule(delayMs, run, this, kind)
  }

  run<T>(work: () => T): T {
    return running.run(this, work)
  }

  freeze(): void {
    this.isFrozen = true
  }

  thaw(first: EntryKind): void {
    if (!this.isFrozen) return
    this.isFrozen = false
    this.simulation.resume(this.held.splice(0), first)
  }

  kill(): void {
    this.isDead = true
    this.isFrozen = false
    this.held.length = 0
  }
}
