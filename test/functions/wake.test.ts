import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import pMap from "p-map"
import { PurgeQueueCommand } from "@aws-sdk/client-sqs"
import { releaseHandler } from "@ringback/functions/release"
import { formatJob } from "@ringback/functions/messages/job"
import { sendOne } from "@ringback/functions/messages/send"
import { wakePage } from "@ringback/functions/jobs/wake"
import { makeContext } from "@ringback/local/lambda"
import * as BreakerState from "@ringback/store/breaker-state"
import * as Delivery from "@ringback/store/delivery"
import { listDue, parkingShardOf, parkingShards } from "@ringback/store/due"
import * as Endpoint from "@ringback/store/endpoint"
import * as Health from "@ringback/store/health"
import { deliveryRef } from "@ringback/store/item-keys"
import { WAKE_LEASE_MS } from "@ringback/store/wake-position"
import { answer, ok } from "../harness/receiver.ts"
import { pump } from "../harness/system.ts"
import { campaignUpdate, startWorld, type World } from "../harness/world.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(async () => {
  await world.begin()
  for (const { url } of Object.values(world.stack.queues))
    await world.stack.sqs.send(new PurgeQueueCommand({ QueueUrl: url }))
})

const SECOND = 1000
const STEP = 10 * SECOND
const table = () => world.deps.table
const tenant = () => world.customer.tenant
const wake = (endpointId: string) => ({ v: 1, kind: "wake", tenant: tenant(), endpointId }) as const
const sendWake = (endpointId: string) =>
  sendOne(world.deps.sqs, world.stack.queues.Jobs.url, formatJob(wake(endpointId)))
const healthOf = (id: string) => Health.get(table(), tenant(), id, { consistent: true })

/**
 * An endpoint with so many deliveries that were parked with it, a millisecond apart: of one event, or of several in
 * turn.
 */
async function parkedWith(
  count: number,
  settings: Parameters<World["addEndpoint"]>[0] = {},
  says: (() => Promise<void>)[] = [world.say],
) {
  const endpoint = await world.addEndpoint(settings)
  const endpointId = endpoint.id
  for (const say of says) await say()
  await world.pump()
  const said = await world.deliveries({ endpointId })
  const startedAt = world.now()
  const parkOne = async (index: number) => {
    const { eventId, eventType } = said[index % said.length]!
    const at = startedAt - count + index
    const ref = deliveryRef(eventId, endpointId, at, `parked ${index}`)
    const facts = { tenant: tenant(), ref, endpointId, eventId, eventType }
    const due = { at, nextAt: at, shard: parkingShardOf(endpointId, ref) }
    await Delivery.advance(table(), facts, 0, { status: "pending", keepsTurn: true, due })
  }
  await pMap([...Array(count).keys()], parkOne, { concurrency: 40 })
  world.advance(60 * SECOND)
  return endpoint
}

const parkedCount = async (id: string) =>
  (await Promise.all(parkingShards(id).map((shard) => listDue(table(), shard, world.now(), 1000))))
    .map(({ entries }) => entries.length)
    .reduce((sum, count) => sum + count, 0)

/** Seconds go by; how many webhooks arrived in each step of ten. */
async function steps(count: number, arrived: () => unknown[], each = async () => {}) {
  const seen: number[] = []
  for (let step = 0; step < count; step++) {
    const before = arrived().length
    for (let second = 0; second < 10; second++) {
      await each()
      await world.pump()
      world.advance(SECOND)
    }
    seen.push(arrived().length - before)
  }
  return seen
}

describe("what was parked with an endpoint that is well again", () => {
  test("is sent five a second at first and twice as fast with each ten seconds, to the last", async () => {
    const { id, arrived } = await parkedWith(700)
    await sendWake(id)
    const seen = await steps(5, arrived)
    // The shares of the shards are equal only about; the sum of each step is at most its rate.
    for (const [step, most] of [50, 100, 200, 400].entries()) {
      assert.ok(seen[step]! <= most + 5, `${seen.join(", ")}`)
      if (step < 3) assert.ok(seen[step]! >= most * 0.8, `${seen.join(", ")}`)
    }
    assert.equal(arrived().length, 701)
    assert.equal(await parkedCount(id), 0)
    assert.equal((await healthOf(id)).wake, undefined)
  })

  test("is sent no faster than the endpoint's own rate", async () => {
    const { id } = await parkedWith(100, { rateLimit: 3 })
    await sendWake(id)
    for (const left of [70, 40, 10]) {
      await pump(world.stack, world.deps, "Jobs")
      const now = await parkedCount(id)
      assert.ok(now >= left && now <= left + 8, `${now} are left`)
      world.advance(STEP)
    }
  })

  for (const [what, status] of [
    ["429", 429],
    ["500", 500],
  ] as const) {
    test(`is sent half as fast while the endpoint answers ${what}, and faster when it is well`, async () => {
      const { id, arrived } = await parkedWith(900)
      await sendWake(id)
      const rate = async () => (await healthOf(id)).wake!.rate
      await steps(2, arrived)
      assert.equal(await rate(), 10)
      let count = 0
      // One in three is too much.
      world.receiver.behave((each, response) =>
        ++count % 3 === 0 ? answer(response, status) : ok(each, response),
      )
      await steps(2, arrived)
      const low = await rate()
      assert.ok(low < 20, `${low}`)
      world.receiver.behave(ok)
      await steps(3, arrived)
      assert.ok((await rate()) > low)
    })
  }

  test("waits for the end of a pause that the endpoint asked for", async () => {
    const { id, arrived } = await parkedWith(40)
    await Health.pause(table(), tenant(), id, world.now() + 35 * SECOND)
    await sendWake(id)
    const before = arrived().length
    await steps(3, arrived)
    assert.equal(arrived().length, before)
    await steps(3, arrived)
    assert.equal(arrived().length, 41)
  })

  test("is sent at half the rate to an endpoint that was slow since the step before", async () => {
    const { id, arrived } = await parkedWith(400)
    await sendWake(id)
    await steps(2, arrived)
    await Health.recordSlow(table(), tenant(), id)
    await steps(1, arrived)
    assert.equal((await healthOf(id)).wake!.rate, 5)
  })

  for (const [what, otherwise] of [
    ["does not want", "null"],
    ["fails with", `$error("no name")`],
  ] as const) {
    test(`is sent faster with each ten seconds, also if the transform ${what} some of it`, async () => {
      const say = (status: string) => () =>
        world.say(campaignUpdate().map(([name, said]) => [name, name === "Status" ? status : said]))
      const transform = `data.status = 1 ? data : ${otherwise}`
      const says = [say("0"), ...Array.from({ length: 3 }, () => say("1"))]
      const { id, arrived } = await parkedWith(800, { transform }, says)
      await sendWake(id)
      await steps(3, arrived)
      assert.equal((await healthOf(id)).wake!.rate, 20)
    })
  }

  test("stays parked where the breaker has opened again", async () => {
    const { id, arrived } = await parkedWith(300)
    await sendWake(id)
    await steps(1, arrived)
    await BreakerState.open(table(), tenant(), id, world.now() + 3600 * SECOND)
    const left = await parkedCount(id)
    await steps(2, arrived)
    assert.ok(left > 200 && (await parkedCount(id)) >= left)
    assert.equal((await healthOf(id)).wake, undefined)
  })
})

describe("the job of an endpoint that wakes", () => {
  test("is one, however many are asked for and however often a message comes", async () => {
    const { id, arrived } = await parkedWith(300)
    for (let count = 0; count < 4; count++) await sendWake(id)
    const [first] = await steps(1, arrived)
    assert.ok(first! <= 51, `${first}`)
    const { step } = (await healthOf(id)).wake!
    const place = { from: world.now(), step: { number: step, beganAt: 0, sample: [] } }
    await Promise.all([1, 2, 3].map(() => wakePage(world.deps, { ...wake(id), place })))
    const [second] = await steps(1, arrived)
    assert.ok(second! <= 105, `${second}`)
  })

  test("is not asked for while it is at work, and again once it is taken for dead", async () => {
    const { id, arrived } = await parkedWith(200)
    await BreakerState.open(table(), tenant(), id, world.now())
    await BreakerState.close(table(), tenant(), id)
    const release = () => releaseHandler(world.deps)({}, makeContext(60 * SECOND))
    await release()
    // Its first step is done, and the message for the next is lost.
    await wakePage(world.deps, wake(id))
    const { url } = world.stack.queues.Jobs
    await world.stack.sqs.send(new PurgeQueueCommand({ QueueUrl: url }))
    const left = await parkedCount(id)
    world.advance(120 * SECOND)
    await release()
    await world.pump()
    assert.equal(await parkedCount(id), left)
    world.advance(WAKE_LEASE_MS)
    await release()
    await steps(5, arrived)
    assert.equal(await parkedCount(id), 0)
    assert.equal(arrived().length, 201)
  })

  test("goes through what is parked at once where the endpoint is disabled", async () => {
    const { id, arrived } = await parkedWith(100)
    await Endpoint.update(table(), tenant(), id, { disabled: true })
    world.advance(11 * SECOND)
    await wakePage(world.deps, wake(id))
    assert.equal(await parkedCount(id), 0)
    world.advance(STEP)
    await world.pump()
    const statuses = (await world.deliveries({ endpointId: id })).map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === "held").length, 100)
    assert.equal(arrived().length, 1)
  })

  test("takes a message of 0.1.0, which knew no steps, for the beginning", async () => {
    const { id } = await parkedWith(5)
    const place = { from: world.now() + 3600 * SECOND }
    assert.equal(await wakePage(world.deps, { ...wake(id), place }), undefined)
    assert.equal(await parkedCount(id), 0)
  })
})
