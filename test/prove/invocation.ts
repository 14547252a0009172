import { AsyncLocalStorage } from "node:async_hooks"
import { setImmediate as nextTurn } from "node:timers/promises"

/** Which await of an invocation is its last, and whether what is awaited there still takes effect. */
export type Crash = { at: number; isBefore: boolean }

/** One run of a function, which may die at any await: from then on nothing of it has an effect. */
export class Invocation {
  readonly name: string
  isDead = false
  readonly died: Promise<void>
  #crash: Crash | undefined
  #awaits = 0
  #counts = new Map<string, number>()
  #tell!: () => void
  #underWay = new Set<Promise<unknown>>()

  constructor(name: string, crash: Crash | undefined) {
    this.name = name
    this.#crash = crash
    this.died = new Promise((resolve) => void (this.#tell = resolve))
  }

  /** How often that was asked before: the same call of an invocation has the same name in every run of a seed. */
  count(label: string): number {
    const count = this.#counts.get(label) ?? 0
    this.#counts.set(label, count + 1)
    return count
  }

  /** What the function awaits: a request, a POST. */
  async step<T>(effect: () => Promise<T>): Promise<T> {
    if (this.isDead) return never()
    const isLast = ++this.#awaits === this.#crash?.at
    if (isLast && this.#crash!.isBefore) return this.#die()
    const happening = effect()
    this.#underWay.add(happening)
    const isOver = () => void this.#underWay.delete(happening)
    happening.then(isOver, isOver)
    try {
      const result = await happening
      return isLast ? await this.#die() : result
    } finally {
      // What was under way when another await killed the invocation has happened, but nobody hears of it.
      if (this.isDead) await never()
    }
  }

  /** Resolves once nothing of it is under way any more. */
  async settle(): Promise<void> {
    while (this.#underWay.size > 0) {
      await Promise.allSettled(this.#underWay)
      await nextTurn()
    }
  }

  #die(): Promise<never> {
    this.isDead = true
    this.#tell()
    return never()
  }
}

const never = () => new Promise<never>(() => {})

const running = new AsyncLocalStorage<Invocation>()

/** The invocation in which this code runs, if any. */
export const current = () => running.getStore()

/** What came of it. What a function leaves running ends before anything else is looked at. */
export type Ended<T> = { outcome: "answered"; answer: T } | { outcome: "died" | "failed" }

export async function run<T>(invocation: Invocation, work: () => Promise<T>): Promise<Ended<T>> {
  const ended = await running.run(invocation, () =>
    Promise.race([
      work().then(
        (answer): Ended<T> => ({ outcome: "answered", answer }),
        (): Ended<T> => ({ outcome: "failed" }),
      ),
      invocation.died.then((): Ended<T> => ({ outcome: "died" })),
    ]),
  )
  await invocation.settle()
  return ended
}
