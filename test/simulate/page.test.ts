import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { test } from "node:test"
import { format } from "prettier"
import { root } from "../infra/offline/paths.ts"
import { countErase, countRecover } from "./counted/count.ts"
import { readData } from "./data.ts"
import { scalePage } from "./page.ts"
import { scenarioNames } from "./scenarios/all.ts"

const data = readData()

test("infra/SCALE.md is computed from the results, the counts and the prices", async () => {
  const page = await format(scalePage(data), { parser: "markdown" })
  assert.equal(readFileSync(resolve(root, "infra/SCALE.md"), "utf8"), page)
})

test("nothing is lost in any of its scenarios", () => {
  for (const name of scenarioNames) {
    const { webhooks, delivered, failed, pending } = data.results[name]
    assert.equal(delivered + failed + pending, webhooks, name)
    assert.equal(pending, 0, name)
  }
})

test("another tenant's retry is never a minute late in them", () => {
  const { due, outage } = data.results
  for (const late of [
    due.figures["others' retries at most late, s"],
    outage.figures["others' retries at most late in all, s"],
  ])
    assert.ok(late !== undefined && late < 60, `${late}`)
})

test("a recovery reads each event once, and within 1.2 of the units that it takes, as counted", async () => {
  const events = 300
  const { itemsRead, readUnits, bytes } = await countRecover(events)
  assert.equal(itemsRead, events)
  const needed = bytes / 8192 + events / 2
  assert.ok(readUnits <= needed * 1.2, `${readUnits} of ${needed}`)
  const { recover } = data.counted
  assert.equal(recover.itemsRead, recover.events)
  assert.ok(recover.readUnits <= 1.2 * (recover.bytes / 8192 + recover.events / 2))
})

test("an erasure reads each item of a tenant once, and writes each once, as counted", async () => {
  const events = 200
  const { itemsRead, writeUnits } = await countErase(events)
  // Its events and deliveries, and a few items beside them.
  const items = 2 * events
  assert.ok(itemsRead >= items && itemsRead <= items + 20, `${itemsRead}`)
  assert.ok(writeUnits >= items && writeUnits <= items + 20 + events / 5, `${writeUnits}`)
  const { erase } = data.counted
  assert.ok(erase.itemsRead <= 2 * erase.events + 20)
})
