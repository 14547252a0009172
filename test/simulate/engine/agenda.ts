/** Virtual time: what happens when, in ms. Two things of one moment happen in the order in which they were planned. */
export class Agenda {
  now = 0
  #times: number[] = []
  #order: number[] = []
  #acts: (() => void)[] = []
  #planned = 0

  at(time: number, act: () => void): void {
    let index = this.#acts.length
    const order = this.#planned++
    this.#place(index, Math.max(time, this.now), order, act)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.#isBefore(index, parent)) break
      this.#swap(index, parent)
      index = parent
    }
  }

  after(ms: number, act: () => void): void {
    this.at(this.now + ms, act)
  }

  /** Each `everyMs` until `end`, the first time after one interval. */
  every(everyMs: number, end: number, act: () => void): void {
    const next = this.now + everyMs
    if (next > end) return
    this.at(next, () => {
      act()
      this.every(everyMs, end, act)
    })
  }

  /** Runs until nothing is planned, or until this time. */
  run(until = Infinity): void {
    while (this.#acts.length > 0 && this.#times[0]! <= until) {
      this.now = this.#times[0]!
      const act = this.#acts[0]!
      this.#removeFirst()
      act()
    }
    if (until !== Infinity) this.now = Math.max(this.now, until)
  }

  #removeFirst(): void {
    const last = this.#acts.length - 1
    this.#swap(0, last)
    this.#times.pop()
    this.#order.pop()
    this.#acts.pop()
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      if (left >= last) return
      const right = left + 1
      const child = right < last && this.#isBefore(right, left) ? right : left
      if (!this.#isBefore(child, index)) return
      this.#swap(index, child)
      index = child
    }
  }

  #isBefore(a: number, b: number): boolean {
    const difference = this.#times[a]! - this.#times[b]!
    return difference === 0 ? this.#order[a]! < this.#order[b]! : difference < 0
  }

  #place(index: number, time: number, order: number, act: () => void): void {
    this.#times[index] = time
    this.#order[index] = order
    this.#acts[index] = act
  }

  #swap(a: number, b: number): void {
    const [time, order, act] = [this.#times[a]!, this.#order[a]!, this.#acts[a]!]
    this.#place(a, this.#times[b]!, this.#order[b]!, this.#acts[b]!)
    this.#place(b, time, order, act)
  }
}
