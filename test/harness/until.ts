import assert from "node:assert/strict"
import { setTimeout as wait } from "node:timers/promises"

/** `what` was waited for: said when it did not come. */
type UntilOptions = { seconds?: number; what?: string | (() => string) }

/** Waits for what must come; fails after a time that only a machine in trouble needs. */
export async function until<T>(
  condition: () => T | Promise<T>,
  { seconds = 180, what = () => condition.toString() }: UntilOptions = {},
): Promise<Exclude<T, undefined | null | false | "" | 0>> {
  // A clock that no test mocks.
  const deadline = performance.now() + seconds * 1000
  for (;;) {
    const result = await condition()
    if (result) return result as Exclude<T, undefined | null | false | "" | 0>
    if (performance.now() > deadline) {
      const missing = typeof what === "string" ? what : what()
      assert.fail(`did not come about within ${seconds} s: ${missing}`)
    }
    await wait(20)
  }
}
