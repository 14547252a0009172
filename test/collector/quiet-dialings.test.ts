import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { until } from "../harness/until.ts"
import { event, setUp } from "./gaps-set-up.ts"

const MINUTE = 60_000

test("a dialing is looked for ten minutes after its last event, and again after ten more", async () => {
  const { known, gaps, asked, close } = await setUp()
  known.set("dialing", "d", "body")
  gaps.askAgain(0)
  gaps.note(event("OutDialingUpdate", ["Uuid", "d"]), 9 * MINUTE)
  for (const at of [10, 18.9]) gaps.askAgain(at * MINUTE)
  await sleep(5)
  assert.deepEqual(asked, [])
  gaps.askAgain(19 * MINUTE)
  await until(() => asked.length > 0)
  assert.deepEqual(new Set(asked), new Set(["OutDialingShow"]))
  await close()
})
