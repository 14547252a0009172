import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { Webhook } from "standardwebhooks"
import type { Message } from "@ringback/functions/pull/fetch"
import * as Endpoint from "@ringback/store/endpoint"
import * as Lease from "@ringback/store/lease"
import { countedClients, total, type Counts } from "../harness/counted.ts"
import { isQuiet } from "../harness/system.ts"
import { campaignUpdate, startWorld, type World } from "../harness/world.ts"
import { startApi, type Sent, type TestApi } from "../api/api.ts"

const SECOND = 1000
const DAY = 24 * 3600 * SECOND

let world: World
let api: TestApi
before(async () => {
  world = await startWorld()
  api = await startApi({ stack: world.stack, now: Date.now })
})
after(() => world.close())
beforeEach(() => world.begin())

const path = () => `/v1/tenants/${world.customer.tenant}`
const call = (route: string, sent?: Sent) => {
  const [method, rest] = route.split(" ")
  return api.call(`${method} ${path()}${rest}`, sent)
}

/** A pull endpoint, and what its receiver does. */
async function makePull(settings: object = {}) {
  const made = await call("POST /endpoints", { body: { pull: true, ...settings } })
  assert.equal(made.status, 201, made.text)
  world.advance(11_000)
  const id = made.body.id as string
  const fetch = async (body: object = {}): Promise<Message[]> => {
    const answer = await call(`POST /endpoints/${id}/messages`, { body })
    assert.equal(answer.status, 200, answer.text)
    return answer.body.messages
  }
  const ack = async (...acks: Pick<Message, "deliveryId" | "lease">[]) => {
    const body = { acks: acks.map(({ deliveryId, lease }) => ({ deliveryId, lease })) }
    const answer = await call(`POST /endpoints/${id}/messages/ack`, { body })
    assert.equal(answer.status, 200, answer.text)
    return answer.body as { acked: string[]; lost: string[] }
  }
  const deliveries = () => world.deliveries({ endpointId: id })
  return { id, secret: made.body.secret as string, fetch, ack, deliveries, answer: made.body }
}

/** Events one after the other; their campaigns. */
async function happen(count: number): Promise<string[]> {
  const uuids: string[] = []
  for (let index = 0; index < count; index++) {
    const headers = campaignUpdate()
    uuids.push(headers[2]![1])
    await world.say(headers)
    await world.pump()
    world.advance(10)
  }
  return uuids
}

const uuidsOf = (messages: Message[]) =>
  messages.map(({ body }) => (JSON.parse(body) as { data: { uuid: string } }).data.uuid)

describe("a receiver that fetches", () => {
  test("gets what is for it, the oldest first, signed as a webhook, until it has acknowledged it", async () => {
    const { fetch, ack, secret, deliveries, answer } = await makePull()
    assert.deepEqual([answer.url, answer.pull], [null, true])
    const uuids = await happen(5)
    const first = await fetch({ limit: 3 })
    assert.deepEqual(uuidsOf(first), uuids.slice(0, 3))
    for (const { headers, body } of first) {
      const verified = new Webhook(secret).verify(body, headers) as { id: string }
      assert.equal(verified.id, headers["webhook-id"])
      assert.equal(headers["content-type"], "application/json")
      assert.match(headers["traceparent"]!, /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/)
    }
    assert.deepEqual(uuidsOf(await fetch()), uuids.slice(3))
    assert.deepEqual(await fetch(), [])
    const { acked, lost } = await ack(...first)
    assert.deepEqual([acked, lost], [first.map(({ deliveryId }) => deliveryId), []])
    const statuses = (await deliveries()).map(({ status }) => status)
    assert.deepEqual(statuses, ["pending", "pending", "delivered", "delivered", "delivered"])
    world.advance(61 * SECOND)
    assert.deepEqual(uuidsOf(await fetch()), uuids.slice(3), "the rest came again after its lease")
    assert.equal(world.receiver.arrived.length, 0)
    assert.ok(await isQuiet(world.stack), "no queue was used for it")
  })

  test("gets what its transform makes of a webhook, signed as it is; what that does not want is discarded", async () => {
    const transform = `data.name = "odd" ? $error("no odd ones") : data.name = "none" ? null : {"$request": {
      "path": "/ignored", "headers": {"x-kind": type}, "body": {"is": data.name}}}`
    const { fetch, secret, deliveries } = await makePull({ transform })
    for (const name of ["Ann", "none", "odd"]) {
      await world.say(campaignUpdate().map(([key, value]) => [key, key === "Name" ? name : value]))
      await world.pump()
    }
    const [message, ...others] = await fetch()
    assert.deepEqual(others, [])
    assert.deepEqual(new Webhook(secret).verify(message!.body, message!.headers), { is: "Ann" })
    assert.equal(message!.headers["x-kind"], "campaign.updated")
    const ends = (await deliveries()).map(({ status, reason }) => [status, reason])
    assert.ok(ends.some(([status, reason]) => status === "discarded" && /not wanted/.test(reason!)))
    assert.ok(ends.some(([status, reason]) => status === "failed" && /no odd ones/.test(reason!)))
    assert.deepEqual(await fetch(), [], "nothing comes again before its lease ends")
  })

  test("is shown in its delivery and its stats", async () => {
    const { fetch, ack, deliveries, id } = await makePull()
    await happen(1)
    await fetch({ leaseSeconds: 1 })
    world.advance(2 * SECOND)
    const [message] = await fetch()
    world.advance(1500)
    await ack(message!)
    const [delivery] = await deliveries()
    assert.deepEqual(
      [
        delivery!.attemptCount,
        delivery!.attempts.map(({ durationMs, error }) => [durationMs, error]),
      ],
      [2, [[1500, null]]],
    )
    const { body } = await call(`GET /endpoints/${id}/stats`)
    assert.deepEqual(
      [body.lastHour.counts.delivered, body.lastHour.latencyMs.p50, body.failingSince],
      [1, 1500, null],
    )
    const shown = await call(`GET /deliveries/${message!.deliveryId}`)
    assert.deepEqual([shown.body.status, shown.body.nextAttemptAt], ["delivered", null])
  })

  test("who acknowledges late counts, unless it was leased anew; who does so twice, twice", async () => {
    const { fetch, ack, deliveries } = await makePull()
    await happen(2)
    const first = await fetch({ leaseSeconds: 5 })
    world.advance(3600 * SECOND)
    assert.equal((await ack(first[0]!)).acked.length, 1, "late")
    assert.equal((await ack(first[0]!)).acked.length, 1, "and again")
    const [again] = await fetch()
    assert.equal(again!.deliveryId, first[1]!.deliveryId)
    assert.notEqual(again!.lease, first[1]!.lease)
    assert.deepEqual((await ack(first[1]!)).lost, [first[1]!.deliveryId])
    assert.deepEqual((await ack(first[1]!, again!)).acked, [again!.deliveryId])
    const attempts = (await deliveries()).map(({ attempts }) => attempts.length)
    assert.deepEqual(attempts, [1, 1])
  })

  test("four at once: each message goes to one of them", async () => {
    const { fetch, ack } = await makePull()
    const uuids = await happen(24)
    const seen: string[] = []
    for (let round = 0; round < 6 && seen.length < 24; round++) {
      const fetched = await Promise.all([1, 2, 3, 4].map(() => fetch({ limit: 4 })))
      const messages = fetched.flat()
      seen.push(...uuidsOf(messages))
      await ack(...messages)
    }
    assert.deepEqual(seen.toSorted(), uuids.toSorted())
  })

  test("what is expired of a lease comes before what is younger", async () => {
    const { fetch } = await makePull()
    const [oldest] = await happen(1)
    await fetch({ leaseSeconds: 30 })
    const younger = await happen(2)
    world.advance(31 * SECOND)
    assert.deepEqual(uuidsOf(await fetch({ limit: 2 })), [oldest, younger[0]])
  })

  test("the same request under one Idempotency-Key is answered with the same messages", async () => {
    const { id, fetch } = await makePull()
    const uuids = await happen(2)
    const headers = { "idempotency-key": "a" }
    const ask = () => call(`POST /endpoints/${id}/messages`, { body: { limit: 1 }, headers })
    assert.deepEqual((await ask()).body, (await ask()).body)
    assert.deepEqual(uuidsOf(await fetch()), uuids.slice(1))
  })
})

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

describe("refusals", () => {
  test("of what is only for sending, of both and of neither, when it is made and later", async () => {
    const url = "https://example.com/"
    for (const body of [
      {},
      { pull: false },
      { pull: true, url },
      { pull: true, rateLimit: 5 },
      { pull: true, headers: { "x-a": "b" } },
      { pull: true, auth: { type: "bearer", token: "t" } },
      { pull: "yes" },
    ]) {
      const { status, text } = await call("POST /endpoints", { body })
      assert.equal(status, 400, `${JSON.stringify(body)} ${text}`)
    }
    const { id } = await makePull()
    for (const body of [{ url }, { rateLimit: 5 }, { headers: { "x-a": "b" } }, { pull: false }]) {
      assert.equal((await call(`PATCH /endpoints/${id}`, { body })).status, 400)
    }
    const posted = await call("POST /endpoints", { body: { url } })
    assert.equal(
      (await call(`PATCH /endpoints/${posted.body.id}`, { body: { pull: true } })).status,
      400,
    )
    assert.equal(
      (await call(`POST /endpoints/${id}/test`, { body: {} })).body.code,
      "conflict.state",
    )
    const fetched = await call(`POST /endpoints/${posted.body.id}/messages`, { body: {} })
    assert.deepEqual([fetched.status, fetched.body.code], [409, "conflict.state"])
  })

  test("of numbers out of bounds", async () => {
    const { id } = await makePull()
    for (const body of [
      { limit: 0 },
      { limit: 11 },
      { waitSeconds: 21 },
      { waitSeconds: -1 },
      { leaseSeconds: 0 },
      { leaseSeconds: 43_201 },
      { limit: 1.5 },
    ]) {
      assert.equal((await call(`POST /endpoints/${id}/messages`, { body })).status, 400)
    }
  })

  test("acks of junk, of another endpoint's and another tenant's messages are lost", async () => {
    const one = await makePull()
    const two = await makePull()
    await happen(1)
    const [mine] = await one.fetch()
    const [others] = await two.fetch()
    const junk = [
      { deliveryId: "dlv_junk", lease: mine!.lease },
      { deliveryId: "", lease: "" },
      { deliveryId: mine!.deliveryId, lease: "AAAAAAAAAAAA.zzzz" },
      { deliveryId: mine!.deliveryId, lease: others!.lease },
      others!,
    ]
    for (const each of junk) assert.deepEqual((await one.ack(each)).acked, [], JSON.stringify(each))
    await world.begin()
    const stranger = await makePull()
    assert.deepEqual((await stranger.ack(mine!)).lost, [mine!.deliveryId])
    const foreign = await call(`POST /endpoints/${one.id}/messages`, { body: {} })
    assert.equal(foreign.status, 404)
  })

  test("a key of scope read fetches nothing", async () => {
    const { id } = await makePull()
    const { body } = await call("POST /keys", { body: { name: "looks", scope: "read" } })
    for (const [route, sent] of [
      [`POST /endpoints/${id}/messages`, {}],
      [`POST /endpoints/${id}/messages/ack`, { acks: [] }],
    ] as const) {
      const refused = await call(route, { key: body.key, body: sent })
      assert.deepEqual([refused.status, refused.body.code], [403, "auth.scope"])
    }
  })
})
