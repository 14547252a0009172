import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as Delivery from "@ringback/store/delivery"
import * as Endpoint from "@ringback/store/endpoint"
import * as Order from "@ringback/store/order"
import { orderedOf } from "@ringback/webhooks/order"
import { countedClients, total, type Counts } from "../harness/counted.ts"
import { answer, ok } from "../harness/receiver.ts"
import { makeDeps } from "../harness/system.ts"
import type { Pair } from "../events/capture.ts"
import { deliver, messageOf } from "./deliver.ts"
import {
  world,
  LATEST,
  call,
  time,
  update,
  deletion,
  named,
  say,
  failing,
  statuses,
} from "./order-set-up.ts"

describe("at an endpoint whose order is latest", () => {
  test("what is older than what was accepted is discarded, and says by what", async () => {
    const { id, arrived } = await world.addEndpoint(LATEST)
    await say(update(2), update(1), update(3))
    assert.deepEqual(arrived().map(named), ["at 2", "at 3"])
    const newer = arrived()[0]!.id
    const [, older] = (await world.deliveries({ endpointId: id })).toReversed()
    assert.deepEqual([older!.status, older!.reason], ["discarded", `superseded by ${newer}`])
    assert.equal(older!.attempts.length, 0)
  })

  test("other endpoints, other records and events without an order get all", async () => {
    const any = await world.addEndpoint()
    const { arrived } = await world.addEndpoint(LATEST)
    const rows = (second: number): Pair[] => [
      ["Event", "OutDlListUpdate"],
      ["Timestamp", (Date.parse(time(second)) / 1000).toFixed(6)],
      ["Uuid", "c-1"],
      ["Name", `at ${second}`],
    ]
    await say(update(2), update(1), update(1, "c-2"), rows(2), rows(1))
    assert.deepEqual(arrived().map(named), ["at 2", "at 1", "at 2", "at 1"])
    assert.equal(any.arrived().length, 5)
  })

  test("an equal version is sent", async () => {
    const { arrived } = await world.addEndpoint(LATEST)
    await say(update(2))
    const { id } = arrived()[0]!
    const replayed = await call(`POST /events/${id}/replay`, { body: {} })
    assert.equal(replayed.status, 202)
    await world.pump()
    assert.deepEqual(arrived().map(named), ["at 2", "at 2"])
  })

  test("a real delete is never superseded, and supersedes all else", async () => {
    const { arrived, id } = await world.addEndpoint(LATEST)
    await say(update(5), deletion(3), update(6))
    assert.deepEqual(arrived().map(named), ["at 5", "deleted"])
    const [last] = await world.deliveries({ endpointId: id })
    assert.equal(last!.reason, `superseded by ${arrived()[1]!.id}`)
  })

  test("a retry that has become old is discarded; the newer one was accepted meanwhile", async () => {
    const { arrived, id } = await world.addEndpoint(LATEST)
    failing()
    await say(update(1))
    world.receiver.behave(ok)
    await say(update(2))
    await world.run()
    assert.deepEqual(
      arrived().map(named),
      ["at 1", "at 2"],
      "the first attempt of the older one, which was refused, and the newer",
    )
    const [newer, older] = await statuses(id)
    assert.deepEqual([newer![0], older![0]], ["delivered", "discarded"])
  })

  test("what was surely refused supersedes nothing; what nobody answered may have arrived", async () => {
    const { arrived } = await world.addEndpoint(LATEST)
    failing()
    await say(update(2))
    world.receiver.behave(ok)
    await say(update(1))
    assert.deepEqual(arrived().map(named), ["at 2", "at 1"])
    await world.run()
    assert.deepEqual(arrived().map(named), ["at 2", "at 1", "at 2"])

    await world.begin()
    const other = await world.addEndpoint(LATEST)
    world.receiver.behave((_, response) => void response.socket?.resetAndDestroy())
    await say(update(2))
    world.receiver.behave(ok)
    await say(update(1))
    await world.run()
    assert.deepEqual(other.arrived().map(named), ["at 2", "at 2"])
  })

  test("replay, retry and recover obey it", async () => {
    const { id, arrived } = await world.addEndpoint(LATEST)
    await say(update(1), update(2))
    const [first] = arrived()
    await call(`POST /events/${first!.id}/replay`, { body: { endpointId: id } })
    const old = (await world.deliveries({ endpointId: id })).find(
      ({ eventId, status }) => eventId === first!.id && status === "delivered",
    )!
    await call(`POST /deliveries/${Delivery.idOf(old)}/retry`, { body: {} })
    await world.pump()
    await Endpoint.update(world.deps.table, world.customer.tenant, id, { disabled: true })
    world.advance(11_000)
    await say(update(1, "c-2"), update(2, "c-2"))
    await Endpoint.update(world.deps.table, world.customer.tenant, id, { disabled: false })
    world.advance(11_000)
    await say(update(3, "c-2"))
    await call(`POST /endpoints/${id}/recover`, { body: { since: "2026-11-01T00:00:00Z" } })
    await world.run()
    assert.deepEqual(arrived().map(named), ["at 1", "at 2", "at 3"])
  })
})

describe("several workers at once", () => {
  /** Workers of their own, each with its own caches and turns, as instances of the function. */
  const workers = () => Array.from({ length: 4 }, () => makeDeps(world.stack, { now: Date.now }))

  test("never send an older version after a newer one was accepted", async () => {
    for (let round = 0; round < 5; round++) {
      await world.begin()
      const { id, arrived } = await world.addEndpoint(LATEST)
      failing()
      await say(update(1), update(2), update(3), update(4))
      world.receiver.arrived.length = 0
      // The newer, the slower: an answer is written when others have long begun.
      world.receiver.behave(async ({ webhook }, response) => {
        await new Promise((resolve) => setTimeout(resolve, 10 * Number(named(webhook).slice(3))))
        answer(response, 204)
      })
      const all = await world.deliveries({ endpointId: id })
      const messages = all.map((each) => messageOf(world, each, { turn: 1, again: true }))
      await Promise.all(
        workers().flatMap((deps, index) =>
          [messages, messages.toReversed()].map((some, side) =>
            deliver(world, [some[(index + side) % 4]!], { deps }),
          ),
        ),
      )
      await world.run()
      const versions = arrived().map(({ version }) => version)
      assert.deepEqual(versions, versions.toSorted(), `round ${round}`)
      assert.equal(versions.at(-1), `${time(4)}/1`)
      const left = (await statuses(id)).filter(([status]) => status === "pending")
      assert.deepEqual(left, [])
    }
  })

  test("what a worker that died had on its way counts as accepted", async () => {
    const { id, arrived } = await world.addEndpoint(LATEST)
    failing()
    await say(update(1), update(2))
    world.receiver.behave(ok)
    world.receiver.arrived.length = 0
    const all = await world.deliveries({ endpointId: id })
    const [newer, older] = all as [Delivery.Delivery, Delivery.Delivery]
    const body = { type: "campaign.updated", version: `${time(2)}/1`, data: { uuid: "c-1" } }
    const { tenant } = world.customer
    const sending = { ...orderedOf(body)!, tenant, endpointId: id, eventId: newer.eventId }
    await Order.acquire(world.deps.table, sending, "a worker that dies")
    const leaseEnd = world.now() + Order.LEASE_MS
    const wait = async () => {
      await deliver(world, [messageOf(world, older, { turn: 1, again: true })])
      return (await world.deliveries({ endpointId: id })).at(-1)!.nextAt!
    }
    const soon = (await wait()) - world.now()
    assert.ok(soon >= 2_000 && soon <= 10_000, `what may be answered soon: ${soon} ms`)
    world.advance(21_000)
    assert.equal(await wait(), leaseEnd, "nothing is answered any more")
    assert.deepEqual(arrived(), [], "it waits for what is on its way")
    await world.run()
    assert.deepEqual(arrived().map(named), ["at 2"])
    const [status, reason] = (await statuses(id)).at(-1)!
    assert.deepEqual([status, reason], ["discarded", `superseded by ${newer.eventId}`])
  })

  test("an attempt that broke off before anything was sent supersedes nothing", async () => {
    const { id, arrived } = await world.addEndpoint(LATEST)
    failing()
    await say(update(1), update(2))
    world.receiver.behave(ok)
    world.receiver.arrived.length = 0
    const all = await world.deliveries({ endpointId: id })
    const [newer, older] = all as [Delivery.Delivery, Delivery.Delivery]
    const sendByKind = () => Promise.reject(new Error("the table is away"))
    const deps = { ...world.deps, outbound: { ...world.deps.outbound, sendByKind } }
    await deliver(world, [messageOf(world, newer, { turn: 1, again: true })], { deps })
    await deliver(world, [messageOf(world, older, { turn: 1, again: true })])
    assert.deepEqual(arrived().map(named), ["at 1"])
  })
})

test("costs two writes more a delivery, and an endpoint that does not ask for it pays nothing", async () => {
  const counts: Counts = {}
  const clients = countedClients(world.stack, counts, "all")
  const deps = makeDeps(world.stack, { clients, now: Date.now })
  const cost = async (settings: object) => {
    await world.begin()
    const { id } = await world.addEndpoint(settings)
    failing()
    await say(update(1))
    world.receiver.behave(ok)
    const [delivery] = await world.deliveries({ endpointId: id })
    // Read before, so that what is cached is not counted.
    await deliver(world, [messageOf(world, delivery!, { turn: 7, again: true })], { deps })
    counts["all"] = {}
    await deliver(world, [messageOf(world, delivery!, { turn: 1, again: true })], { deps })
    return {
      writes: total(counts, "dynamodb", /Put|Update|Write/),
      reads: total(counts, "dynamodb", /Get|Query/),
    }
  }
  const any = await cost({})
  const latest = await cost(LATEST)
  assert.deepEqual([latest.writes - any.writes, latest.reads - any.reads], [2, 0])
  clients.close()
})
