import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import pMap from "p-map"
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs"
import { erasePage } from "@ringback/functions/jobs/erase"
import { holdPage } from "@ringback/functions/jobs/hold"
import { formatJob, parseJob, type JobOf, type Next } from "@ringback/functions/messages/job"
import { sendAll, sendOne } from "@ringback/functions/messages/send"
import * as Delivery from "@ringback/store/delivery"
import * as Endpoint from "@ringback/store/endpoint"
import { deliveryRef } from "@ringback/store/item-keys"
import { walkTenant } from "@ringback/store/walk"
import { makeClients } from "../harness/stack.ts"
import { startWorld, type World } from "../harness/world.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const table = () => world.deps.table
const tenant = () => world.customer.tenant

/** So many pending deliveries of an endpoint, made a second apart. */
async function makePending(endpointId: string, count: number) {
  const now = world.now()
  const makeOne = async (index: number) => {
    const at = now - (count - index) * 1000
    const eventId = `evt_${index}`
    const ref = deliveryRef(eventId, endpointId, at)
    const facts = { tenant: tenant(), ref, endpointId, eventId, eventType: "plan.created" }
    const due = { at, nextAt: at }
    await Delivery.advance(table(), facts, 0, { status: "pending", keepsTurn: true, due })
  }
  await pMap([...Array(count).keys()], makeOne, { concurrency: 25 })
}

describe("a page of work", () => {
  const statusesOf = async (endpointId: string) =>
    Map.groupBy(await world.deliveries({ endpointId }), ({ status }) => status)

  test("holds a hundred of what waits for a disabled endpoint, and goes on behind them", async () => {
    const { id } = await world.addEndpoint()
    await makePending(id, 130)
    await Endpoint.update(table(), tenant(), id, { disabled: true })
    const job = { v: 1, kind: "hold", tenant: tenant(), endpointId: id } as const
    const place = await holdPage(table(), job)
    assert.ok(place)
    const half = await statusesOf(id)
    assert.deepEqual([half.get("held")!.length, half.get("pending")!.length], [100, 30])
    assert.match(half.get("held")![0]!.reason!, /disabled/)
    assert.equal(await holdPage(table(), { ...job, place }), undefined)
    assert.equal((await statusesOf(id)).get("held")!.length, 130)
  })

  test("discards a hundred of what waits for a deleted endpoint, and removes its tombstone at last", async () => {
    const { id } = await world.addEndpoint()
    await makePending(id, 130)
    await Endpoint.remove(table(), tenant(), id)
    const job = { v: 1, kind: "erase", tenant: tenant(), endpointId: id } as const
    const place = await erasePage(table(), job)
    assert.ok(place && (await Endpoint.isDeleted(table(), tenant(), id)))
    assert.equal((await statusesOf(id)).get("discarded")!.length, 100)
    // Once more when no worker can know of it any more: what one of them put off meanwhile is found then.
    const again = await erasePage(table(), { ...job, place })
    assert.equal((await statusesOf(id)).get("discarded")!.length, 130)
    assert.equal(again!.notBefore! - world.now(), 75_000)
    assert.ok(await Endpoint.isDeleted(table(), tenant(), id))
    world.advance(75_000)
    await makePending(id, 1)
    const last = await erasePage(table(), { ...job, place: again })
    assert.ok(last && (await Endpoint.isDeleted(table(), tenant(), id)))
    world.advance(75_000)
    // Then what its connector has stored about calls, if it was one.
    const logged = await erasePage(table(), { ...job, place: last })
    assert.deepEqual(logged, { logged: { shard: 0 } })
    assert.ok(await Endpoint.isDeleted(table(), tenant(), id))
    assert.equal(await erasePage(table(), { ...job, place: logged }), undefined)
    const all = await statusesOf(id)
    assert.equal(all.get("discarded")!.length, 131)
    assert.match(all.get("discarded")![0]!.reason!, /endpoint was deleted/)
    assert.equal(await Endpoint.isDeleted(table(), tenant(), id), false)
  })
})

describe("the items of a deleted tenant", () => {
  const all = { open: [], from: 0 }
  const left = async () => (await walkTenant(table(), tenant(), all, 1000)).items.length
  for (const [when, rest] of [
    ["", all],
    [" by a message of before, which has one partition after the other", { shard: 0 }],
  ] as const) {
    test(`are deleted, each page gone through twice${when}`, async () => {
      const { id } = await world.addEndpoint()
      await makePending(id, 230)
      assert.ok((await left()) > 230)
      const job = { v: 1, kind: "erase", tenant: tenant() } as const
      let place: Next<"erase"> = { rest }
      for (let pages = 0; place; pages++) {
        const sent = parseJob(formatJob({ ...job, place }).body) as JobOf<"erase">
        const next: Next<"erase"> = await erasePage(table(), sent)
        assert.deepEqual((await erasePage(table(), sent)) === undefined, next === undefined)
        place = next
        assert.ok(pages < 10)
      }
      assert.equal(await left(), 0)
    })
  }
})

describe("messages to a queue", () => {
  /** What reaches the queue's service, request by request. */
  function watchedClient() {
    const clients = makeClients(world.stack)
    const requests: number[] = []
    clients.sqs.middlewareStack.add(
      (next) => (args) => {
        const { Entries } = args.input as { Entries?: object[] }
        if (Entries) requests.push(Entries.length)
        return next(args)
      },
      { step: "initialize", name: "watch" },
    )
    return { sqs: clients.sqs, requests, close: () => clients.close() }
  }
  const message = (index: number, bytes = 10) => ({
    body: `${index}`.padEnd(bytes, "x"),
    groupId: "g",
  })

  async function receiveAll(url: string) {
    const bodies: string[] = []
    for (;;) {
      const { Messages = [] } = await world.stack.sqs.send(
        new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }),
      )
      if (Messages.length === 0) return bodies
      bodies.push(...Messages.map(({ Body }) => Body!))
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({
        Id: `${index}`,
        ReceiptHandle,
      }))
      await world.stack.sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }))
    }
  }

  test("go ten to a request and 1 MiB to a request, whichever comes first", async (t) => {
    const { sqs, requests, close } = watchedClient()
    t.after(close)
    const { url } = world.stack.queues.Jobs
    const send = async (messages: ReturnType<typeof message>[]) => {
      requests.length = 0
      assert.deepEqual(await sendAll(sqs, url, messages), new Set())
      return requests.toSorted((a, b) => b - a)
    }
    assert.deepEqual(await send([]), [])
    assert.deepEqual(
      await send(Array.from({ length: 21 }, (_, index) => message(index))),
      [10, 10, 1],
    )
    const quarter = 256 * 1024 - 512
    assert.deepEqual(await send([1, 2, 3, 4].map((index) => message(index, quarter))), [4])
    assert.deepEqual(await send([1, 2, 3, 4, 5].map((index) => message(index, quarter))), [4, 1])
    const euros = { body: "\u20ac".repeat(quarter / 3 + 1), groupId: "g" }
    assert.deepEqual(await send([euros, euros, euros, euros]), [3, 1])
    assert.equal((await receiveAll(url)).length, 34)
  })

  test("that are for later come later, and what is not taken is told by its place", async () => {
    const { url } = world.stack.queues.Jobs
    await sendAll(world.stack.sqs, url, [
      { ...message(1), delaySeconds: 30 },
      { ...message(2), delaySeconds: 100_000 },
      { ...message(3), delaySeconds: 0 },
    ])
    assert.deepEqual((await receiveAll(url)).map(Number.parseFloat), [3])
    world.advance(29_000)
    assert.deepEqual(await receiveAll(url), [])
    world.advance(1_000)
    assert.equal((await receiveAll(url)).length, 1)
    world.advance(870_000)
    assert.equal((await receiveAll(url)).length, 1)
    // The service refuses that character alone.
    const bad = { body: "\u0001", groupId: "g" }
    assert.deepEqual(
      await sendAll(world.stack.sqs, url, [message(0), bad, message(2)]),
      new Set([1]),
    )
    await assert.rejects(sendOne(world.stack.sqs, url, bad))
    const away = makeClients({})
    assert.deepEqual(
      await sendAll(away.sqs, "http://127.0.0.1:9/0/x", [message(0), message(1)]),
      new Set([0, 1]),
    )
    away.close()
  })
})
