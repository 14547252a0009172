/** What is to be done at which time. */
export class Agenda {
  #entries: { at: number; act: (() => Promise<void>) | undefined }[] = []

  /** Without an act it is but a time at which something may have become visible. */
  add(at: number, act?: () => Promise<void>): void {
    this.#entries.push({ at, act })
    this.#entries.sort((a, b) => a.at - b.at)
  }

  get next(): number | undefined {
    return this.#entries[0]?.at
  }

  /** Does what is due; how much that was. */
  async run(now: number): Promise<number> {
    let done = 0
    while (this.#entries.length > 0 && this.#entries[0]!.at <= now) {
      const { act } = this.#entries.shift()!
      if (!act) continue
      await act()
      done++
    }
    return done
  }
}
