// Buckets whose bounds grow by a hundredth: millions of times take a few kilobytes.
const GROWTH = Math.log(1.01)

/** Durations in ms, of which shares are asked for later. Exact to a hundredth. */
export class Times {
  #buckets: number[] = []
  count = 0
  most = 0

  add(ms: number, times = 1): void {
    const bucket = Math.max(0, Math.ceil(Math.log(Math.max(ms, 1)) / GROWTH))
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + times
    this.count += times
    this.most = Math.max(this.most, ms)
  }

  /** The time that this share of all does not exceed. */
  quantile(share: number): number {
    const wanted = share * this.count
    let seen = 0
    for (const [bucket, count = 0] of this.#buckets.entries()) {
      seen += count
      if (count > 0 && seen >= wanted) return Math.min(this.most, Math.exp(bucket * GROWTH))
    }
    return this.most
  }
}
