import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Webhook } from "standardwebhooks"
import { isQuiet } from "../harness/system.ts"
import { campaignUpdate } from "../harness/world.ts"
import { world, call, makePull, happen, uuidsOf } from "./pull-set-up.ts"

const SECOND = 1000

describe("a receiver that fetches", () => {
  test("gets what is for it, the oldest first, signed as a webhook, until it has acknowledged it", async () => {
    const { fetch, ack, secret, deliveries, answer } = await makePull()
    assert.deepEqual([answer.url, answer.pull], [null, true])
    const uuids = await happen(5)
    world.advance(999 - (world.now() % SECOND))
    const first = await fetch({ limit: 3 })
    assert.deepEqual(uuidsOf(first), uuids.slice(0, 3))
    for (const { headers, body } of first) {
      assert.equal(headers["webhook-timestamp"], String(Math.floor(world.now() / SECOND)))
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
    const ask = () =>
      call(`POST /endpoints/${id}/messages`, { body: { limit: 1, leaseSeconds: 3600 }, headers })
    assert.deepEqual((await ask()).body, (await ask()).body)
    assert.deepEqual(uuidsOf(await fetch()), uuids.slice(1))
    // After a minute an erasure may have emptied what they say.
    world.advance(59 * SECOND)
    assert.equal((await ask()).headers.get("idempotency-replayed"), "true")
    world.advance(2 * SECOND)
    const later = await ask()
    assert.equal(later.headers.get("idempotency-replayed"), null)
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
