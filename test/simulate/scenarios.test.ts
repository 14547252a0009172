import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { Result } from "./result.ts"
import { runDue } from "./scenarios/due.ts"
import { runOutage } from "./scenarios/outage.ts"
import { runSteady } from "./scenarios/steady.ts"

// Each scenario of infra/SCALE.md, small, and with a hundred times as many instances that die.

const DEATHS = 0.001
const seed = 3

const balances = (result: Result) => {
  const { webhooks, delivered, failed, pending } = result
  assert.ok(delivered > 0)
  assert.equal(delivered + failed + pending, webhooks)
  assert.equal(pending, 0)
}

const figure = ({ figures }: Result, name: string): number => {
  const value = figures[name]
  assert.ok(value !== undefined, name)
  return value
}

describe("a steady load", () => {
  const steady = { seed, seconds: 20, settingsText: "" }

  test("loses nothing and costs what was counted, from cold instances on", () => {
    const result = runSteady({ ...steady, pbxs: 60, perSecond: 60, isBusy: false, deaths: DEATHS })
    balances(result)
    // One unit for each event and each webhook; failures, a fiftieth of all, cost more.
    const perWebhook = (result.events + result.webhooks) / result.webhooks
    assert.ok(result.writeUnitsAWebhook >= perWebhook)
    assert.ok(result.writeUnitsAWebhook <= perWebhook * 1.1, `${result.writeUnitsAWebhook}`)
    assert.ok(result.latency.p50 < 1_000, `${result.latency.p50}`)
    assert.equal(result.throttles, 0)
  })

  test("of more than the pollers may read waits, and arrives all the same", () => {
    const concurrency = { Ingest: 5, Delivery: 5 }
    const result = runSteady({
      ...steady,
      pbxs: 400,
      perSecond: 400,
      settings: { concurrency },
      deaths: DEATHS,
    })
    balances(result)
    assert.ok(result.backlog.Delivery > 1_000, `${result.backlog.Delivery}`)
    assert.ok(result.messagesABatch.Delivery > 8, `${result.messagesABatch.Delivery}`)
    assert.ok(result.concurrency.Delivery <= 5)
  })

  test("is the same for the same seed", () => {
    const run = () => runSteady({ ...steady, pbxs: 30, perSecond: 30 })
    assert.deepEqual(run(), run())
  })

  test("of one table that is not warm is throttled, named, and loses nothing", () => {
    const result = runSteady({
      ...steady,
      seconds: 3,
      pbxs: 4_000,
      perSecond: 4_000,
      settings: { concurrency: { Ingest: 100, Delivery: 400 } },
      deaths: 0,
    })
    assert.ok(result.throttles > 0)
    balances(result)
  })
})

describe("a vendor that was away", () => {
  test("gets all that was parked, and others' retries are not a minute late", () => {
    const result = runOutage({
      seed,
      pbxs: 40,
      perSecond: 20,
      awaySeconds: 1_200,
      vendorShare: 0.3,
      vendorPerSecond: 500,
      settings: { concurrency: { Retry: 150, Jobs: 20 } },
      settingsText: "",
      deaths: 0,
    })
    balances(result)
    assert.ok(figure(result, "deliveries parked when the vendor came back") > 1_000)
    assert.ok(figure(result, "others' retries at most late in all, s") < 60)
    assert.ok(figure(result, "minutes until nine tenths of them were sent") < 10)
  })
})

describe("many retries of one vendor that are due at once", () => {
  test("are released within minutes, and others' retries are not a minute late", () => {
    const result = runDue({
      seed,
      pbxs: 300,
      perSecond: 5,
      due: 40_000,
      vendorShare: 0.5,
      vendorPerSecond: 3_000,
      others: 100,
      settings: { concurrency: { Retry: 200 }, warmWriteUnits: 40_000, warmReadUnits: 40_000 },
      settingsText: "",
      deaths: 0,
    })
    balances(result)
    assert.ok(figure(result, "others' retries at most late, s") < 60)
    assert.ok(figure(result, "minutes until 99 % of the vendor's had arrived") < 10)
    // The pace of release leaves the table to everybody else: without it a million were refused of each 300,000.
    assert.ok(result.refusedWrites < 40_000 / 20, `${result.refusedWrites}`)
  })
})
