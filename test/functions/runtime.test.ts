import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { handleBatch, receiveCountOf } from "@ringback/functions/runtime/batch"
import { makeCache } from "@ringback/functions/runtime/cache"
import { watchStepsBack } from "@ringback/functions/runtime/clock-steps"
import { reasonOf } from "@ringback/functions/runtime/log"
import { makeSlowness, SLOW_FOR_MS } from "@ringback/functions/endpoint/slow-endpoints"
import { makeTurns } from "@ringback/functions/runtime/turns"
import { until } from "../harness/until.ts"
import type { SQSEvent, SQSRecord } from "aws-lambda"

describe("a cache", () => {
  test("reads once for all who ask at the same time, and again when the time is over", async () => {
    let now = 0
    let reads = 0
    const cache = makeCache<number>(() => now, 1000)
    const load = async () => ++reads
    assert.deepEqual(
      await Promise.all([cache.get("a", load), cache.get("a", load), cache.get("a", load)]),
      [1, 1, 1],
    )
    assert.equal(await cache.get("b", load), 2)
    now = 999
    assert.equal(await cache.get("a", load), 1)
    now = 1000
    assert.equal(await cache.get("a", load), 3)
    // A clock that was set back does not make it last for ever.
    now = -1
    assert.equal(await cache.get("a", load), 4)
  })

  test("keeps nothing from before its clock was set back", async () => {
    let now = 100_000
    let monotonic = 0
    const cache = makeCache<number>(() => now, 1000, {
      changes: { isCurrent: async () => true },
      isSetBack: watchStepsBack(
        () => now,
        () => monotonic,
      ),
    })
    const pass = (ms: number, stepMs: number) => {
      monotonic += ms
      now += ms + stepMs
    }
    const load = async () => now
    assert.equal(await cache.get("a", load), 100_000)
    // What an adjusted clock loses in a while is no step.
    pass(500_000, -1_000)
    assert.equal(await cache.get("a", load), 100_000)
    pass(0, -1_001)
    assert.equal(await cache.get("a", load), now)
    // Also where the time that was lost has passed again since.
    cache.set("b", 7)
    pass(10_000, -10_000)
    assert.equal(await cache.get("b", load), now)
    assert.equal(await cache.get("a", load), now)
  })

  test("remembers no failure", async () => {
    const cache = makeCache<number>(() => 0, 1000)
    const fail = () => Promise.reject(new Error("down"))
    await assert.rejects(cache.get("a", fail), /down/)
    assert.equal(await cache.get("a", async () => 1), 1)
  })

  test("forgets a failure alone, and not what was set meanwhile", async () => {
    const cache = makeCache<number>(() => 0, 1000)
    const { promise, reject } = Promise.withResolvers<number>()
    const failing = cache.get("a", () => promise)
    cache.set("a", 7)
    reject(new Error("down"))
    await assert.rejects(failing)
    assert.equal(await cache.get("a", async () => 8), 7)
  })

  test("is changed by an amendment, which makes it no younger", async () => {
    let now = 0
    const cache = makeCache<number>(() => now, 1000)
    cache.amend("a", (value) => value + 1)
    assert.equal(await cache.get("a", async () => 5), 5)
    now = 900
    cache.amend("a", (value) => value + 1)
    assert.equal(await cache.get("a", async () => 9), 6)
    now = 1000
    assert.equal(await cache.get("a", async () => 9), 9)
    cache.forget("a")
    assert.equal(await cache.get("a", async () => 10), 10)
  })

  test("holds as many bytes as it may, what was used last", async () => {
    const cache = makeCache<string>(() => 0, 1000, { maxBytes: 50_000 })
    const text = "x".repeat(900)
    for (let key = 0; key < 20; key++) cache.set(String(key), text)
    assert.equal(await cache.get("0", async () => "read anew"), text)
    for (let key = 20; key < 30; key++) cache.set(String(key), text)
    await Promise.resolve()
    assert.equal(await cache.get("0", async () => "read anew"), text)
    assert.equal(await cache.get("29", async () => "read anew"), text)
    assert.equal(await cache.get("1", async () => "read anew"), "read anew")
  })
})

describe("a batch", () => {
  test("leaves in the queue what throws and what is for later, and nothing else", async () => {
    const Records = ["done", "later", "throws"].map((body) => ({ messageId: body, body }))
    const logged: unknown[] = []
    const answered = await handleBatch(
      { Records } as unknown as SQSEvent,
      (event, fields) => logged.push([event, fields]),
      async ({ body }) => {
        if (body === "throws") throw new Error("why", { cause: new TypeError("deeper") })
        return body as "done"
      },
    )
    assert.deepEqual(answered.batchItemFailures, [
      { itemIdentifier: "later" },
      { itemIdentifier: "throws" },
    ])
    const reason = "Error: why: TypeError: deeper"
    assert.deepEqual(logged, [["message.failed", { messageId: "throws", reason }]])
    assert.equal(reasonOf("text"), "text")
    const attributes = { ApproximateReceiveCount: "3" }
    assert.equal(receiveCountOf({ attributes } as SQSRecord), 3)
  })
})

describe("turns", () => {
  const setUp = (limits?: { waitMs?: number; maxWaiting?: number }) => {
    const turns = makeTurns(limits)
    const begun: string[] = []
    const ends = new Map<string, PromiseWithResolvers<string>>()
    const say = (key: string, name: string) =>
      turns.inTurn(
        key,
        () => {
          begun.push(name)
          const end = Promise.withResolvers<string>()
          ends.set(name, end)
          return end.promise
        },
        async () => "late",
      )
    const turn = () => new Promise(setImmediate)
    return { begun, ends, say, turn }
  }

  test("come in the order of the calls, for each key alone, also after a failure", async () => {
    const { begun, ends, say, turn } = setUp()
    const [first, second, third, other] = [
      say("a", "first"),
      say("a", "second"),
      say("a", "third"),
      say("b", "other"),
    ] as const
    await turn()
    assert.deepEqual(begun, ["first", "other"])
    ends.get("first")!.reject(new Error("down"))
    await assert.rejects(first, /down/)
    await turn()
    ends.get("second")!.resolve("done")
    assert.equal(await second, "done")
    await turn()
    assert.deepEqual(begun, ["first", "other", "second", "third"])
    for (const name of ["third", "other"]) ends.get(name)!.resolve(name)
    assert.deepEqual(await Promise.all([third, other]), ["third", "other"])
    const again = say("a", "again")
    await turn()
    ends.get("again")!.resolve("at once")
    assert.equal(await again, "at once")
  })

  test("are waited for a short time, in a short line", async () => {
    const { begun, ends, say } = setUp({ waitMs: 5, maxWaiting: 2 })
    const first = say("a", "first")
    const second = say("a", "second")
    const third = say("a", "third")
    assert.equal(await Promise.race([say("a", "fourth"), second, third]), "late")
    assert.deepEqual(await Promise.all([second, third]), ["late", "late"])
    const fifth = say("a", "fifth")
    ends.get("first")!.resolve("done")
    assert.equal(await first, "done")
    await until(() => ends.has("fifth"))
    ends.get("fifth")!.resolve("done")
    assert.equal(await fifth, "done")
    assert.deepEqual(begun, ["first", "fifth"])
  })
})

describe("an endpoint that was slow", () => {
  test("is slow for a minute, and said to be so once", async () => {
    let now = 0
    const slowness = makeSlowness(() => now, 1)
    let told = 0
    const watch = () =>
      new Promise<void>((resolve) => {
        const answered = slowness.watch("ep_a", () => void told++)
        const look = setInterval(() => {
          if (!slowness.isSlow("ep_a")) return
          clearInterval(look)
          answered()
          resolve()
        }, 1)
      })
    assert.equal(slowness.isSlow("ep_a"), false)
    await watch()
    assert.equal(slowness.isSlow("ep_b"), false)
    now = SLOW_FOR_MS - 1
    assert.equal(slowness.isSlow("ep_a"), true)
    now = SLOW_FOR_MS
    assert.equal(slowness.isSlow("ep_a"), false)
    assert.equal(told, 1)
  })
})
