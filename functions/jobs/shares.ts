/** Limits how much work of each key runs at the same time. */
export type Shares = {
  /**
   * Begins work, and returns what ends it. Undefined if the key has its share of running work. Work
   * that has waited may take one more place, so that work that begins again at once cannot keep
   * all places for itself.
   */
  begin: (key: string, hasWaited: boolean) => (() => void) | undefined
}

export function makeShares(max: number): Shares {
  const running = new Map<string, number>()
  return {
    begin(key, hasWaited) {
      const count = running.get(key) ?? 0
      if (count >= (hasWaited ? max + 1 : max)) return undefined
      running.set(key, count + 1)
      return () => {
        const left = running.get(key)! - 1
        if (left === 0) running.delete(key)
        else running.set(key, left)
      }
    },
  }
}
