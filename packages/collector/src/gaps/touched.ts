/** The records that events speak of while somebody compares lists: what a list shows of them may be older than the event. */
export class Touched {
  readonly #records = new Set<string>()
  readonly #onEnd: (touched: Touched) => void

  constructor(onEnd: (touched: Touched) => void) {
    this.#onEnd = onEnd
  }

  add(record: string): void {
    this.#records.add(record)
  }

  has(kind: string, uuid: string): boolean {
    return this.#records.has(recordName(kind, uuid))
  }

  /** No more is noted. */
  end(): void {
    this.#onEnd(this)
  }
}

export const recordName = (kind: string, uuid: string) => `${kind}/${uuid}`
