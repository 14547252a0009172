import assert from "node:assert/strict"
import { deflateRawSync } from "node:zlib"
import { describe, test } from "node:test"
import { compact, MAX_KEPT, restore, type Attempt } from "@ringback/store/attempt"
import * as Delivery from "@ringback/store/delivery"
import { deliveryRef } from "@ringback/store/item-keys"
import { statsOf } from "@ringback/store/delivery-stats"
import { START, useTable } from "./table.ts"

const world = useTable()

const attempt = (number: number, some: Partial<Attempt> = {}): Attempt => ({
  id: `att_${number}`,
  at: START + number,
  statusCode: 500,
  durationMs: 5,
  error: "answered 500",
  responseBody: null,
  ...some,
})

describe("what is stored of an attempt", () => {
  test("is the attempt itself if it is the first and its body is short", () => {
    const first = attempt(1, { responseBody: "é".repeat(31) })
    assert.deepEqual(compact(first, []), { attempt: first })
  })

  test("is compressed with all earlier ones otherwise, and comes back the same", () => {
    const long = attempt(1, { responseBody: "é".repeat(32) })
    const steps = [{ method: "GET", url: "https://crm.example/x", statusCode: null, durationMs: 1 }]
    const second = attempt(2, { statusCode: null, error: null, steps })
    for (const [latest, before] of [
      [long, []],
      [attempt(2), [long]],
      [second, [long]],
      [attempt(3), [attempt(1), second]],
    ] as const) {
      const { history, attempts = [] } = compact(latest, before)
      assert.deepEqual(restore({ attempts, history }), [...before, latest])
    }
  })

  test("lets statistics read the duration of a success after failures", async () => {
    const { table, tenant } = world
    const ref = deliveryRef("evt_1", "ep_1", START)
    const facts = { tenant, ref, endpointId: "ep_1", eventId: "evt_1", eventType: "plan.created" }
    const before: Attempt[] = []
    for (const each of [attempt(1), attempt(2), attempt(3, { error: null, durationMs: 77 })]) {
      const status = each.error === null ? "delivered" : "pending"
      await Delivery.advance(table, facts, before.length, { status, ...compact(each, before) })
      before.push(each)
    }
    assert.deepEqual((await Delivery.get(table, tenant, ref))!.attempts, before)
    const { lastHour } = await statsOf(table, tenant, "ep_1")
    assert.deepEqual(lastHour.latencyMs, { p50: 77, p95: 77 })
  })

  test("has the last fifty, however many there were", () => {
    const before = Array.from({ length: 60 }, (_, index) => attempt(index))
    const { history } = compact(attempt(60), before)
    assert.deepEqual(
      restore({ attempts: [], history }).map(({ id }) => id),
      [...before.slice(-MAX_KEPT + 1), attempt(60)].map(({ id }) => id),
    )
  })
})

describe("the attempts of an item", () => {
  test("are those of its history, then those that were appended later", () => {
    const { history } = compact(attempt(2), [attempt(1)])
    assert.deepEqual(
      restore({ attempts: [attempt(3)], history }),
      [1, 2, 3].map((n) => attempt(n)),
    )
  })

  // What lies in tables must stay readable, whatever compresses it today.
  test("are read as earlier releases wrote them", () => {
    const packed = Buffer.from(HISTORY_OF_VERSION_2, "base64")
    assert.deepEqual(restore({ attempts: [], history: packed }), [
      attempt(1),
      attempt(2, { responseBody: "down for maintenance ".repeat(5) }),
    ])
    const bodies = Buffer.concat([Buffer.of(1), deflateRawSync(JSON.stringify([null, "long"]))])
    const plain = [
      attempt(1, { responseBody: "short" }),
      attempt(2),
      attempt(3, { sameBody: true }),
    ]
    assert.deepEqual(
      restore({ attempts: plain, bodies }).map(({ responseBody }) => responseBody),
      ["short", "long", "long"],
    )
  })

  test("are an error if a later release compressed them", () => {
    for (const field of ["history", "bodies"])
      assert.throws(() => restore({ attempts: [], [field]: Buffer.of(3, 0) }), /version 3/)
  })
})

const HISTORY_OF_VERSION_2 =
  "AiIoAIAYuS3V3edhGiETkri4wQFAagkOOmbTgKsuy6CS25hj+QSNwtnmvqgzmIi3LRRAWWEKmqFIolavNy9QrFu87as9ZjlMhecpsn05mDorTIUiiDbHsJ75kmdE4XlQzCzWmN0w/0XmTwOR6CAikY3n0KK+QTsiBH4f"
