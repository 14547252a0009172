import assert from "node:assert/strict"
import { test } from "node:test"
import type { Pair } from "../events/capture.ts"
import { CALLS, dataOf, dialing, ofType, say, world } from "./calls-set-up.ts"

test("a row that the PBX tells right after a call's start is the contact from the answer on", async () => {
  const { arrived } = await world.addEndpoint(CALLS)
  const row: Pair[] = [
    ["Event", "OutDlListUpdate"],
    ["Uuid", "r-1"],
    ["Name", "Ada"],
    ["UKey", "42"],
  ]
  await say([dialing(["Create", 0, 0, 0, 0])])
  await say([row])
  await say([dialing(["Update", 1, 4, 0, 9])])
  await say([dialing(["Update", 6, 4, 16, 30])])
  const keyOf = (moment: string) => {
    const [webhook] = ofType(arrived(), `call.${moment}`)
    return dataOf(webhook!).contact?.key
  }
  assert.deepEqual(["started", "answered", "completed"].map(keyOf), [undefined, "42", "42"])
})
