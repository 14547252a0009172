/** How a piece of work ended. `isLong`: its owner comes after all others, until a piece of his is not. */
type Ended<T> = { value: T; isLong: boolean }

type Waiting = { start: () => void; owner: string }

// So many pieces of one owner follow each other while others wait: what is loaded for him is used.
const IN_A_ROW = 10
// Time that does not count for the limit is not endless.
const MAX_EXCUSED_MS = 7_000

/**
 * One piece of work at a time, the owners in rotation. An owner whose last piece took too long is
 * only served if no other waits. `busy`: its turn did not come within the limit, and it was not
 * started.
 */
export function makeFairTurns(limitMs: number) {
  const waiting = new Map<string, (() => void)[]>()
  const long = new Set<string>()
  let isTaken = false
  let last: { owner: string; count: number } | undefined
  let excusedMs = 0

  function next(): Waiting | undefined {
    const owners = [...waiting.keys()]
    const others = owners.filter((each) => !long.has(each))
    const same = last && last.count < IN_A_ROW && others.includes(last.owner) && last.owner
    const owner = same || (others[0] ?? owners[0])
    if (owner === undefined) return undefined
    const [start, ...rest] = waiting.get(owner)!
    waiting.delete(owner)
    // Behind all other owners.
    if (rest.length > 0) waiting.set(owner, rest)
    return { start: start!, owner }
  }

  function startNext() {
    if (isTaken) return
    const found = next()
    if (!found) return
    isTaken = true
    last = { owner: found.owner, count: last?.owner === found.owner ? last.count + 1 : 1 }
    found.start()
  }

  async function inTurn<T>(owner: string, work: () => Promise<Ended<T>>): Promise<T | "busy"> {
    const since = performance.now()
    const excusedBefore = excusedMs
    await new Promise<void>((resolve) => {
      waiting.set(owner, [...(waiting.get(owner) ?? []), resolve])
      startNext()
    })
    try {
      const excused = Math.min(excusedMs - excusedBefore, MAX_EXCUSED_MS)
      if (performance.now() - since - excused > limitMs) return "busy"
      const { value, isLong } = await work()
      if (isLong) long.add(owner)
      else long.delete(owner)
      return value
    } finally {
      isTaken = false
      startNext()
    }
  }

  return {
    inTurn,
    /** So much of the time does not count for those who wait. */
    excuse: (ms: number) => void (excusedMs += ms),
  }
}
