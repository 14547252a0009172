/**
 * One piece of work at a time, the owners in rotation: an owner with much work delays another by one
 * piece at most. `busy`: its turn did not come within the limit, and it was not started.
 */
export function makeFairTurns(limitMs: number) {
  const waiting = new Map<string, (() => void)[]>()
  let isTaken = false

  function startNext() {
    const [first] = waiting
    if (isTaken || !first) return
    const [owner, [start, ...rest]] = first
    waiting.delete(owner)
    // Behind all other owners.
    if (rest.length > 0) waiting.set(owner, rest)
    isTaken = true
    start!()
  }

  return async function inTurn<T>(owner: string, work: () => Promise<T>): Promise<T | "busy"> {
    const until = performance.now() + limitMs
    await new Promise<void>((resolve) => {
      waiting.set(owner, [...(waiting.get(owner) ?? []), resolve])
      startNext()
    })
    try {
      return performance.now() > until ? "busy" : await work()
    } finally {
      isTaken = false
      startNext()
    }
  }
}
