import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { releaseHandler } from "@ringback/functions/release"
import { makeContext } from "@ringback/local/lambda"
import * as Endpoint from "@ringback/store/endpoint"
import * as Lease from "@ringback/store/lease"
import { countedClients, total, type Counts } from "../harness/counted.ts"
import { startApi } from "../api/api.ts"
import { world, path, call, makePull, happen, uuidsOf } from "./pull-set-up.ts"

const SECOND = 1000
const DAY = 24 * 3600 * SECOND

describe("waiting", () => {
  test("ends with the first that comes, and costs less than a read a second", async () => {
    const { fetch, id } = await makePull()
    const waiting = fetch({ waitSeconds: 20 })
    await happen(1)
    assert.equal((await waiting).length, 1)
    const counts: Counts = {}
    const clients = countedClients(world.stack, counts, "api")
    const counted = await startApi({ stack: world.stack, now: Date.now, clients })
    const route = `POST ${path()}/endpoints/${id}/messages`
    const readsOf = async (body: object) => {
      counts["api"] = {}
      const answer = await counted.call(route, { body })
      assert.deepEqual(answer.body, { messages: [] })
      return total(counts, "dynamodb", /Get|Query/)
    }
    const reads = (await readsOf({ waitSeconds: 5 })) - (await readsOf({}))
    assert.ok(reads <= 5, `${reads} reads in 5 s`)
    clients.close()
  })

  test("six of a tenant's requests at a time; the next gets what there is, at once", async () => {
    const { id } = await makePull()
    const { table } = world.deps
    const places = Array.from({ length: 6 }, (_, n) => ({
      tenant: world.customer.tenant,
      kind: "WAIT",
      name: `PULL#${n}`,
      owner: `waiting ${n}`,
    }))
    for (const place of places) {
      const { outcome } = await Lease.take(table, place, { limit: 8, leaseMs: 60_000 })
      assert.equal(outcome, "taken")
    }
    const ask = async (waitSeconds: number) => {
      const startedAt = performance.now()
      const answer = await call(`POST /endpoints/${id}/messages`, { body: { waitSeconds } })
      assert.deepEqual([answer.status, answer.text], [200, '{"messages":[]}'])
      return performance.now() - startedAt
    }
    assert.ok((await ask(20)) < 15_000)
    await Lease.release(table, places[0]!)
    assert.ok((await ask(1)) >= 990)
  })
})

describe("what is not fetched", () => {
  test("has failed a day before it would be deleted, and that is told; a late ack counts even then", async () => {
    const other = await world.addEndpoint({ eventTypes: ["delivery.exhausted"] })
    const { fetch, ack, deliveries, id } = await makePull()
    const uuids = await happen(3)
    const [leased] = await fetch({ limit: 1, leaseSeconds: 43_200 })
    const pass = async (days: number) => {
      for (let day = 0; day < days * 2; day++) {
        world.advance(DAY / 2)
        await world.release()
      }
    }
    await pass(28)
    const [again] = await fetch({ limit: 1, leaseSeconds: 43_200 })
    assert.equal(again!.deliveryId, leased!.deliveryId)
    const [young] = await happen(1)
    assert.equal((await deliveries()).filter(({ status }) => status === "pending").length, 4)
    await pass(1.5)
    const failed = (await deliveries()).filter(({ status }) => status === "failed")
    assert.deepEqual(
      failed.map(({ reason }) => reason),
      ["never fetched", "never fetched", "never fetched"],
    )
    const told = other.arrived()
    assert.deepEqual(
      told.map(({ type, data }) => [type, data["endpointId"]]),
      failed.map(() => ["delivery.exhausted", id]),
    )
    assert.deepEqual(
      told
        .map(({ data }) => data["attempts"])
        .map(Number)
        .toSorted((a, b) => a - b),
      [0, 0, 2],
    )
    assert.deepEqual(uuidsOf(await fetch()), [young])
    assert.equal(uuids.length, 3)
    assert.deepEqual((await ack(leased!)).lost, [leased!.deliveryId])
    assert.deepEqual((await ack(again!)).acked, [leased!.deliveryId])
  })

  test("has failed in time also if the queue did not take the job that looks for it", async () => {
    const { deliveries } = await makePull()
    await happen(1)
    const { expiresAt } = (await deliveries())[0]!
    world.advance(expiresAt * SECOND - DAY - world.now())
    const { queues } = world.deps
    const jobsUrl = `${queues.jobsUrl}-gone`
    const away = { ...world.deps, queues: { ...queues, jobsUrl } }
    await releaseHandler(away)({ windowMs: 60 * SECOND }, makeContext(60_000))
    assert.equal((await deliveries())[0]!.status, "pending")
    world.advance(2 * 3600 * SECOND)
    await world.release()
    const { status, reason } = (await deliveries())[0]!
    assert.deepEqual([status, reason], ["failed", "never fetched"])
  })

  test("is neither released nor a reason to rest or disable the endpoint", async () => {
    const { id, fetch } = await makePull()
    await happen(3)
    for (let day = 0; day < 7; day++) {
      world.advance(DAY)
      await fetch({ leaseSeconds: 60 })
      await world.release()
      await world.release()
    }
    assert.equal(world.receiver.arrived.length, 0)
    const { body } = await call(`GET /endpoints/${id}`)
    assert.deepEqual([body.disabled, body.disabledReason], [false, null])
    world.advance(61 * SECOND)
    assert.equal((await fetch()).length, 3)
  })

  test("is held while the endpoint is disabled, and recovered", async () => {
    const { id, fetch, ack, deliveries } = await makePull()
    await happen(1)
    const [leased] = await fetch()
    await happen(1)
    await call(`PATCH /endpoints/${id}`, { body: { disabled: true } })
    world.advance(11_000)
    await happen(1)
    await world.pump()
    assert.deepEqual(
      (await deliveries()).map(({ status }) => status),
      ["held", "held", "held"],
    )
    const refused = await call(`POST /endpoints/${id}/messages`, { body: {} })
    assert.equal(refused.body.code, "conflict.state")
    assert.deepEqual((await ack(leased!)).lost, [], "what was fetched before counts")
    await call(`PATCH /endpoints/${id}`, { body: { disabled: false } })
    world.advance(11_000)
    const since = "2026-11-01T00:00:00Z"
    const recovered = await call(`POST /endpoints/${id}/recover`, { body: { since } })
    assert.equal(recovered.body.count, 2)
    await world.pump()
    await world.release()
    world.advance(2 * SECOND)
    await world.pump()
    assert.equal((await fetch()).length, 2)
  })

  for (const [what, route, end] of [
    ["disabled", "PATCH", ["held", "the endpoint is disabled (manual)"]],
    ["deleted", "DELETE", ["discarded", "the endpoint was deleted"]],
  ] as const) {
    test(`does not stay pending where a worker does not know yet that its endpoint was ${what}`, async () => {
      const { id, deliveries } = await makePull()
      await happen(1)
      await call(`${route} /endpoints/${id}`, route === "PATCH" ? { body: { disabled: true } } : {})
      await world.pump()
      await happen(1)
      const statuses = (await deliveries()).map(({ status }) => status)
      assert.deepEqual(statuses, ["pending", end[0]])
      for (let round = 0; round < 8; round++) {
        world.advance(15 * SECOND)
        await world.pump()
      }
      assert.deepEqual(
        (await deliveries()).map(({ status, reason }) => [status, reason]),
        [end, end],
      )
    })
  }

  test("goes with its endpoint, and its daily look ends then", async () => {
    const { id, deliveries } = await makePull()
    await happen(1)
    await call(`DELETE /endpoints/${id}`)
    await world.pump()
    assert.deepEqual(
      (await deliveries()).map(({ status }) => status),
      ["discarded"],
    )
    world.advance(DAY)
    await world.release()
    assert.equal(await Endpoint.get(world.deps.table, world.customer.tenant, id), undefined)
  })

  test("and was erased, is not fetched; what was leased is lost", async () => {
    const { fetch, ack } = await makePull()
    const [uuid] = await happen(1)
    const [leased] = await fetch()
    await call("POST /erase", { body: { uuid } })
    for (let round = 0; round < 6; round++) {
      await world.pump()
      world.advance(15 * SECOND)
    }
    assert.deepEqual((await ack(leased!)).lost, [leased!.deliveryId])
    assert.deepEqual(await fetch(), [])
  })
})

describe("sending again", () => {
  test("a replay and a retry wait to be fetched", async () => {
    const { fetch, ack, id } = await makePull()
    await happen(1)
    const [message] = await fetch()
    await ack(message!)
    const eventId = message!.headers["webhook-id"]!
    const replayed = await call(`POST /events/${eventId}/replay`, { body: { endpointId: id } })
    assert.equal(replayed.status, 202, replayed.text)
    await world.pump()
    const [replay] = await fetch()
    assert.deepEqual(
      [replay!.deliveryId, replay!.headers["webhook-id"]],
      [replayed.body.deliveryIds[0], eventId],
    )
    const retried = await call(`POST /deliveries/${message!.deliveryId}/retry`, { body: {} })
    assert.equal(retried.status, 202, retried.text)
    await world.pump()
    const [again] = await fetch()
    assert.equal(again!.deliveryId, message!.deliveryId)
    assert.equal((await ack(again!, replay!)).acked.length, 2)
    assert.equal(world.receiver.arrived.length, 0)
  })
})
