/**
 * The records that events referred to during a list comparison. A list row may be older than such
 * an event.
 */
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

  /** Stops tracking. */
  end(): void {
    this.#onEnd(this)
  }
}

export const recordName = (kind: string, uuid: string) => `${kind}/${uuid}`
