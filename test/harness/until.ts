import assert from "node:assert/strict"
import { setTimeout as wait } from "node:timers/promises"

/** Waits for what must come; fails after a time that only a machine in trouble needs. */
export async function until<T>(
  condition: () => T | Promise<T>,
  { seconds = 60, what = condition.toString() }: { seconds?: number; what?: string } = {},
): Promise<Exclude<T, undefined | null | false | "" | 0>> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const result = await condition()
    if (result) return result as Exclude<T, undefined | null | false | "" | 0>
    assert.ok(Date.now() < deadline, `did not come about within ${seconds} s: ${what}`)
    await wait(20)
  }
}
