import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { formatJob } from "@ringback/functions/messages/job"
import { erasePage } from "@ringback/functions/jobs/erase"
import { holdPage } from "@ringback/functions/jobs/hold"
import { recoverPage } from "@ringback/functions/jobs/recover"
import { countRecoverable, type Range } from "@ringback/functions/dispatch/recoverable"
import { replay } from "@ringback/functions/dispatch/redeliver"
import { sendOne } from "@ringback/functions/messages/send"
import * as Delivery from "@ringback/store/delivery"
import * as Endpoint from "@ringback/store/endpoint"
import { listEvents } from "@ringback/store/event-list"
import * as BreakerState from "@ringback/store/breaker-state"
import * as Health from "@ringback/store/health"
import { dropSlots } from "@ringback/store/rate-slots"
import { createJob } from "@ringback/store/job"
import * as Source from "@ringback/store/source"
import { answer, ok } from "../harness/receiver.ts"
import { startWorld, type World } from "../harness/world.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const table = () => world.deps.table
const tenant = () => world.customer.tenant
const statuses = async (endpointId: string) =>
  (await world.deliveries({ endpointId })).map(({ status }) => status)

const setDisabled = (id: string, disabled: boolean) =>
  Endpoint.update(table(), tenant(), id, { disabled })

const range = (endpointId: string) => ({
  tenant: tenant(),
  endpointId,
  since: world.now() - 3600_000,
  until: world.now() + 3600_000,
  statuses: ["failed" as const, "held" as const],
})

describe("spread", () => {
  test("gives what waits for a slot of the old rate one of the new, the oldest first", async () => {
    const { id, arrived } = await world.addEndpoint({ rateLimit: 0.001 })
    for (let count = 0; count < 6; count++) {
      await world.say()
      await world.pump()
      world.advance(10)
    }
    assert.equal(arrived().length, 1)
    await Endpoint.update(table(), tenant(), id, { rateLimit: 10 })
    await dropSlots(table(), tenant(), id)
    const job = formatJob({ v: 1, kind: "spread", tenant: tenant(), endpointId: id })
    await sendOne(world.deps.sqs, world.stack.queues.Jobs.url, job)
    await world.pump()
    world.advance(11_000)
    await world.release()
    for (let second = 0; second < 5; second++) {
      world.advance(1000)
      await world.pump()
    }
    assert.equal(arrived().length, 6)
    // What comes now waits for nobody's slot of the old line.
    await world.say()
    await world.pump()
    assert.equal(arrived().length, 7)
  })
})

describe("recover", () => {
  const countOf = async (endpoint: Endpoint.Endpoint, range: Range) =>
    (await countRecoverable(table(), endpoint, range, () => true)).count

  test("sends what was held, and what has no delivery at all, each once; not what has arrived", async () => {
    const { id, arrived } = await world.addEndpoint()
    await world.say()
    await world.pump()
    await setDisabled(id, true)
    world.advance(11_000)
    for (let count = 0; count < 3; count++) await world.say()
    await world.pump()
    await setDisabled(id, false)
    world.advance(11_000)
    // An event within ten seconds of a change may have seen the other state: nothing says that it was wanted.
    const endpoint = (await Endpoint.get(table(), tenant(), id))!
    await Endpoint.update(table(), tenant(), id, { eventTypes: ["plan.*"] })
    world.advance(11_000)
    await world.say()
    await world.pump()
    await Endpoint.update(table(), tenant(), id, { eventTypes: null })
    world.advance(11_000)
    assert.deepEqual(await statuses(id), ["held", "held", "held", "delivered"])

    // The first message of the last event may still be under way, for all that the table says.
    assert.equal(await countOf(endpoint, range(id)), 3)
    world.advance(75_000)
    assert.equal(await countOf(endpoint, range(id)), 4)
    const job = await createJob(table(), range(id))
    await sendOne(
      world.stack.sqs,
      world.stack.queues.Jobs.url,
      formatJob({ v: 1, kind: "recover", tenant: tenant(), jobId: job.id }),
    )
    await world.run()
    assert.deepEqual(await statuses(id), Array(5).fill("delivered"))
    assert.equal(arrived().length, 5)
    assert.equal(new Set(arrived().map((webhook) => webhook.id)).size, 5)
    assert.equal(await countOf(endpoint, range(id)), 0)
  })

  test("a page that is gone through again after a crash sends nothing a second time", async () => {
    const { id, arrived } = await world.addEndpoint()
    await setDisabled(id, true)
    world.advance(11_000)
    for (let count = 0; count < 5; count++) await world.say()
    await world.pump()
    await setDisabled(id, false)
    world.advance(11_000)
    const job = await createJob(table(), range(id))
    const page = { v: 1 as const, kind: "recover" as const, tenant: tenant(), jobId: job.id }
    await recoverPage(table(), page)
    const before = await world.deliveries({ endpointId: id })
    await recoverPage(table(), page)
    assert.deepEqual(await world.deliveries({ endpointId: id }), before)
    await world.run()
    await recoverPage(table(), page)
    await world.run()
    assert.equal(arrived().length, 5)
  })

  test("does not flood: what it sends is spread at the endpoint's rate", async () => {
    const { id } = await world.addEndpoint({ rateLimit: 2 })
    await setDisabled(id, true)
    world.advance(11_000)
    for (let count = 0; count < 6; count++) await world.say()
    await world.pump()
    await setDisabled(id, false)
    world.advance(11_000)
    const job = await createJob(table(), range(id))
    await recoverPage(table(), { v: 1, kind: "recover", tenant: tenant(), jobId: job.id })
    const due = (await world.deliveries({ endpointId: id })).map(
      ({ nextAt }) => nextAt! - world.now(),
    )
    assert.deepEqual(
      due.sort((a, b) => a - b),
      [0, 500, 1000, 1500, 2000, 2500],
    )
  })
})

describe("replay", () => {
  test("sends an event again under the same id, as a delivery of its own", async () => {
    const { id, arrived } = await world.addEndpoint()
    await world.say()
    await world.pump()
    const [event] = (await listEvents(table(), tenant(), { limit: 1 })).items
    const [deliveryId] = await replay(world.deps, tenant(), event!, [id])
    await world.pump()
    assert.equal(arrived().length, 2)
    assert.equal(arrived()[0]!.id, arrived()[1]!.id)
    const ids = (await world.deliveries({ endpointId: id })).map(Delivery.idOf)
    assert.equal(new Set(ids).size, 2)
    assert.ok(ids.includes(deliveryId!))
  })
})

describe("disabling and deleting", () => {
  /** One delivery that waits for its next attempt. */
  async function pendingOne() {
    const endpoint = await world.addEndpoint()
    world.receiver.behave((_, response) => answer(response, 500))
    await world.say()
    await world.pump()
    world.receiver.behave(ok)
    assert.deepEqual(await statuses(endpoint.id), ["pending"])
    return endpoint
  }

  test("what waits for a disabled endpoint is held, and what was planned for it is void", async () => {
    const { id, arrived } = await pendingOne()
    await setDisabled(id, true)
    await holdPage(table(), { v: 1, kind: "hold", tenant: tenant(), endpointId: id })
    await world.run()
    world.advance(60_000)
    await world.release()
    assert.deepEqual(await statuses(id), ["held"])
    assert.equal(arrived().length, 1)
  })

  test("nothing is held where the endpoint was enabled again meanwhile", async () => {
    const { id } = await pendingOne()
    await holdPage(table(), { v: 1, kind: "hold", tenant: tenant(), endpointId: id })
    assert.deepEqual(await statuses(id), ["pending"])
    await world.run()
  })

  for (const what of ["endpoint", "source", "tenant"] as const) {
    test(`what waits when its ${what} is deleted is discarded, with that reason`, async () => {
      const { id } = await pendingOne()
      const other = { v: 1, kind: "erase", tenant: tenant() } as const
      const source = world.customer.source.source.id
      if (what === "endpoint") await erasePage(table(), { ...other, endpointId: id })
      if (what === "source") {
        await erasePage(table(), { ...other, sourceId: "src_another" })
        assert.deepEqual(await statuses(id), ["pending"])
        await erasePage(table(), { ...other, sourceId: source })
      }
      if (what === "tenant") await erasePage(table(), other)
      const [delivery] = await world.deliveries({ endpointId: id })
      assert.deepEqual(
        [delivery!.status, delivery!.reason],
        ["discarded", `the ${what} was deleted`],
      )
      if (what !== "tenant") return
      assert.equal(await Endpoint.get(table(), tenant(), id), undefined)
      assert.equal((await Source.getKnown(table(), tenant(), source))?.isDeleted, true)
    })
  }

  test("a rested endpoint that is held forgets its rest", async () => {
    const { id } = await world.addEndpoint()
    await BreakerState.open(table(), tenant(), id, world.now())
    await setDisabled(id, true)
    await holdPage(table(), { v: 1, kind: "hold", tenant: tenant(), endpointId: id })
    assert.equal((await Health.get(table(), tenant(), id)).state, "waking")
    for (let minute = 0; minute < 6; minute++) {
      world.advance(60_000)
      await world.release()
    }
    assert.equal((await Health.get(table(), tenant(), id)).state, undefined)
  })
})
