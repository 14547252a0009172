import assert from "node:assert/strict"
import { test } from "node:test"
import { runKills } from "../prove/kills.ts"

test("nothing acknowledged is lost although npm start is killed three times while it works", async (t) => {
  const killed = await runKills({ kills: 3, events: 240, seed: 1 })
  t.diagnostic(JSON.stringify(killed))
  assert.deepEqual(killed.lost, [])
  assert.ok(killed.events > 0 && killed.calls > 0)
  assert.equal(killed.delivered + killed.pending, killed.events * 2)
})
