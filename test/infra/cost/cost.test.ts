import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { describe, test } from "node:test"
import { format } from "prettier"
import { perDelivery, perEvent, type Use } from "../../../infra/unit-costs.ts"
import { root } from "../offline/paths.ts"
import { BATCHES, countCalls, countEvents, countHeartbeat, FULL } from "./count.ts"
import { countFailures } from "./failures.ts"
import type { Meter } from "./meter.ts"
import { costPage, type Counts } from "./page.ts"
import { readStanding } from "./standing.ts"

const rounded = (meter: Meter) =>
  Object.fromEntries(
    Object.entries(meter).map(([name, value]) => [name, Math.round(value * 100) / 100]),
  ) as Meter

const read = (path: string) => readFileSync(resolve(root, path), "utf8")

const counts = JSON.parse(read("test/infra/cost/counts.json")) as Counts

// Time and the length of a log line differ from run to run; what AWS charges by the piece does not.
const pieces = ({ sqsRequests, writeUnits, readUnits, invocations }: Meter) => ({
  sqsRequests,
  writeUnits,
  readUnits,
  invocations,
})

describe("what the page of costs says", () => {
  test("is computed from the counts, the prices and the evaluated stack", async () => {
    const page = costPage(counts, readStanding())
    assert.equal(read("infra/COST.md"), await format(page, { parser: "markdown" }))
  })

  for (const [endpoints, batch] of [
    [1, 10],
    [1, 3],
    [1, 1],
    [3, 10],
  ] as const) {
    test(`is what the flow needs for ${endpoints} endpoint(s) in batches of ${batch}`, async () => {
      const counted = counts.events[endpoints]?.[batch]
      assert.ok(counted)
      assert.deepEqual(pieces(rounded(await countEvents(endpoints, { batch }))), pieces(counted))
    })
  }

  test("is what the operator's list of costs reckons with", () => {
    for (const [endpoints, batches] of Object.entries(counts.events)) {
      const counted = batches[FULL]!
      const reckoned = (name: keyof Meter & keyof Use) =>
        perEvent[name] + Number(endpoints) * perDelivery[name]
      for (const name of ["sqsRequests", "writeUnits", "invocations"] as const)
        assert.ok(
          Math.abs(reckoned(name) - counted[name]) < 0.01,
          `${name}, ${endpoints} endpoints`,
        )
      // Rounded.
      for (const name of ["storedBytes", "egressBytes"] as const) {
        const share = reckoned(name) / counted[name]
        assert.ok(share > 0.8 && share < 1.25, `${name}, ${endpoints} endpoints: ${share}`)
      }
      // A batch has a line for each endpoint in it: with ten of them, one for each delivery.
      const lines = reckoned("logBytes") / counted.logBytes
      assert.ok(lines > 0.5 && lines < 1.25, `${endpoints} endpoints: ${lines}`)
    }
  })

  test("is what a delivery needs whose attempts fail", async () => {
    assert.deepEqual(pieces(rounded(await countFailures())), pieces(counts.failures))
  })

  test("is what a call needs on top of its events, and a delivery in order", async () => {
    assert.deepEqual(pieces(rounded(await countCalls())), pieces(counts.calls))
    assert.deepEqual(
      pieces(await countEvents(1, { settings: { order: "latest" } })),
      pieces(counts.latest),
    )
  })

  for (const batch of BATCHES) {
    test(`is what a heartbeat needs in batches of ${batch}`, async () => {
      const counted = counts.heartbeat[batch]
      assert.ok(counted)
      assert.deepEqual(pieces(rounded(await countHeartbeat(batch))), pieces(counted))
    })
  }
})
