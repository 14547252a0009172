/** The same numbers for the same seed. */
export type Random = {
  /** In [0, 1). */
  next: () => number
  /** A whole number below this. */
  below: (count: number) => number
  is: (share: number) => boolean
  /** Of a Poisson process: the wait until the next one. */
  wait: (mean: number) => number
  /** With this median; two thirds lie within a factor of e^sigma of it. */
  lognormal: (median: number, sigma: number) => number
}

export function makeRandom(seed: number): Random {
  let state = seed >>> 0
  // mulberry32
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const wait = (mean: number) => -mean * Math.log(1 - next())
  return {
    next,
    wait,
    below: (count) => Math.floor(next() * count),
    is: (share) => next() < share,
    lognormal: (median, sigma) =>
      median *
      Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())),
  }
}

/** Picks an index with a probability that is its share of all weights. */
export function makePicker(weights: readonly number[], random: Random): () => number {
  const sums = new Float64Array(weights.length)
  let total = 0
  weights.forEach((weight, index) => (sums[index] = total += weight))
  return () => {
    const wanted = random.next() * total
    let [low, high] = [0, sums.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! > wanted) high = middle
      else low = middle + 1
    }
    return low
  }
}
