import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { Pair } from "../events/capture.ts"
import type { Webhook } from "../harness/receiver.ts"
import { BUSY, CALLS, dialing, say, world } from "./calls-set-up.ts"

describe("a call with more than an item can hold, as text that compresses well,", () => {
  const variables = Array.from({ length: 20 }, (_, index): Pair => [
    "Variable",
    `v${index}=${"x".repeat(30_000)}`,
  ])
  const cases: [string, Pair[], { number: string; variables: object }][] = [
    ["variables", variables, { number: "+4520123456", variables: {} }],
    ["channel", [["ChannelName", "x".repeat(500_000)]], { number: "+4520123456", variables: {} }],
  ]
  for (const [what, more, expected] of cases)
    test(`in its ${what}: its events arrive, and those made from them without what is too much`, async () => {
      const calls = await world.addEndpoint(CALLS)
      const all = await world.addEndpoint()
      await say(BUSY.map((state) => [...dialing(state), ...more]))
      assert.deepEqual(all.arrived().length, BUSY.length)
      const made = calls.arrived() as unknown as (Webhook & { truncated?: boolean })[]
      assert.deepEqual(made.map(({ type }) => type).toSorted(), ["call.completed", "call.started"])
      for (const { truncated, data } of made) {
        assert.equal(truncated, true)
        const { number, variables } = data as unknown as typeof expected
        assert.deepEqual({ number, variables }, expected)
      }
    })
})
