import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { SQSEvent } from "aws-lambda"
import { sealMessage } from "@ringback/events/message"
import { ingestHandler } from "@ringback/functions/ingest"
import { makeContext } from "@ringback/local/lambda"
import { eventMessage } from "../harness/system.ts"
import { moduleEvents, type Pair } from "../events/capture.ts"
import { readCalls } from "../events/independent-calls.ts"
import {
  world,
  CALLS,
  dataOf,
  ofType,
  say,
  settle,
  dialing,
  ANSWERED,
  shuffled,
} from "./calls-set-up.ts"

for (const name of ["30-dialing", "41-two-sessions-a"]) {
  describe(`the calls of ${name}, through twin collectors`, () => {
    const calls = readCalls(name)
    for (const [how, order] of [
      ["in order", (events: Pair[][]) => events],
      ["shuffled", (events: Pair[][]) => shuffled(events, 7)],
    ] as const) {
      test(`${how}: each once, with the outcome of an independent reading`, async () => {
        const { arrived } = await world.addEndpoint(CALLS)
        await say(order(moduleEvents(name)), ["A", "B"])
        assert.ok(calls.size > 0)
        const completed = ofType(arrived(), "call.completed")
        const ended = completed.map((each) => dataOf(each).uuid)
        assert.equal(ended.length, calls.size)
        assert.deepEqual(new Set(ended), new Set(calls.keys()))
        assert.equal(ofType(arrived(), "call.started").length, calls.size)
        const answered = ofType(arrived(), "call.answered").map((each) => dataOf(each).uuid)
        const expected = [...calls].filter(([, { outcome }]) => outcome === "answered")
        assert.equal(answered.length, expected.length)
        assert.deepEqual(new Set(answered), new Set(expected.map(([uuid]) => uuid)))
        for (const webhook of completed) {
          const data = dataOf(webhook)
          const call = calls.get(data.uuid)!
          assert.deepEqual(
            [data.outcome, data.startedAt, data.number, webhook.timestamp],
            [call.outcome, call.startedAt, call.number, data.endedAt],
          )
          assert.equal(data.answeredAt, call.answeredAt)
          // Which of several ends is heard first decides when it ended.
          if (how === "in order") {
            assert.equal(data.endedAt, call.endedAt)
            assert.deepEqual(
              [data.contact?.key ?? null, data.campaign.name],
              [call.contactKey, call.campaignName],
            )
          }
        }
      })
    }
  })
}

describe("a crash", () => {
  test("at any request of a call's event: its message comes again, and each moment is told once", async () => {
    const states = ANSWERED.map((state) => dialing(state))
    for (let at = 1; at <= 9; at++) {
      await world.begin()
      const { arrived } = await world.addEndpoint(CALLS)
      for (const headers of states) {
        const message = eventMessage(world.customer, headers)
        const body = sealMessage(message, world.customer.source.key)
        const record = { messageId: "m", body, attributes: { ApproximateReceiveCount: "1" } }
        const event = { Records: [record] } as unknown as SQSEvent
        const clients = failingAt(at)
        await ingestHandler({ ...world.deps, ...clients })(event, makeContext(30_000))
        await ingestHandler(world.deps)(event, makeContext(30_000))
      }
      await settle()
      const told = new Map(arrived().map((each) => [each.id, each.type]))
      assert.deepEqual([...told.values()].sort(), [
        "call.answered",
        "call.completed",
        "call.started",
      ])
      const bodies = world.receiver.arrived.map(({ webhook }) => JSON.stringify(webhook))
      assert.equal(new Set(bodies).size, 3, `request ${at}`)
    }
  })

  /** The world's clients, of which the request of that number is carried out, and its answer lost. */
  function failingAt(at: number) {
    let count = 0
    const losing = <Client extends { send: Function }>(client: Client): Client =>
      new Proxy(client, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name)
          if (name !== "send" || typeof value !== "function") return value
          return async (...args: unknown[]) => {
            const answer: unknown = await Reflect.apply(value, target, args)
            if (++count === at) throw new Error("the answer was lost")
            return answer
          }
        },
      })
    const { table, sqs } = world.deps
    return { table: { ...table, client: losing(table.client) }, sqs: losing(sqs) }
  }
})
