import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { describe, test } from "node:test"
import { format } from "prettier"
import { perDelivery, perEvent } from "../../../infra/unit-costs.ts"
import { root } from "../offline/paths.ts"
import { countCalls, countEvents, countHeartbeat } from "./count.ts"
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

  for (const endpoints of [1, 3]) {
    test(`is what the flow needs for ${endpoints} endpoint(s)`, async () => {
      const counted = counts.events[endpoints]
      assert.ok(counted)
      assert.deepEqual(pieces(await countEvents(endpoints)), pieces(counted))
    })
  }

  test("is what the operator's list of costs reckons with", () => {
    for (const [endpoints, counted] of Object.entries(counts.events)) {
      for (const name of ["sqsRequests", "writeUnits", "invocations"] as const) {
        const reckoned = perEvent[name] + Number(endpoints) * perDelivery[name]
        assert.ok(Math.abs(reckoned - counted[name]) < 0.01, `${name}, ${endpoints} endpoints`)
      }
    }
  })

  test("is what a call needs on top of its events, and a delivery in order", async () => {
    assert.deepEqual(pieces(rounded(await countCalls())), pieces(counts.calls))
    assert.deepEqual(pieces(await countEvents(1, { order: "latest" })), pieces(counts.latest))
  })

  test("is what a heartbeat needs", async () => {
    assert.deepEqual(pieces(await countHeartbeat()), pieces(counts.heartbeat))
  })
})
