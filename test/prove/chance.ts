/** What chance says depends on the seed and on what is asked alone: never on who asked first, nor on a clock. */
export type Chance = {
  /** In [0, 1). */
  of: (...what: (string | number)[]) => number
  is: (probability: number, ...what: (string | number)[]) => boolean
  /** A whole number, both ends included. */
  between: (low: number, high: number, ...what: (string | number)[]) => number
  pick: <T>(from: readonly T[], ...what: (string | number)[]) => T
  /** The same in another order. */
  shuffle: <T>(items: readonly T[], ...what: (string | number)[]) => T[]
}

export function makeChance(seed: number): Chance {
  const of = (...what: (string | number)[]) => hash(`${seed}|${what.join("|")}`)
  const chance: Chance = {
    of,
    is: (probability, ...what) => of(...what) < probability,
    between: (low, high, ...what) => low + Math.floor(of(...what) * (high - low + 1)),
    pick: (from, ...what) => from[Math.floor(of(...what) * from.length)]!,
    shuffle: (items, ...what) =>
      items
        .map((item, index) => ({ item, at: of(...what, index) }))
        .sort((a, b) => a.at - b.at)
        .map(({ item }) => item),
  }
  return chance
}

// cyrb53: small, quick, and every character of the question moves every bit of the answer.
function hash(text: string): number {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    high = Math.imul(high ^ code, 2654435761)
    low = Math.imul(low ^ code, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return (4294967296 * (2097151 & low) + (high >>> 0)) / 2 ** 53
}
