import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { answer } from "../harness/receiver.ts"
import { makeClients } from "../harness/stack.ts"
import { makeDeps, pump } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"
import { startApi, type TestApi } from "../api/api.ts"

let world: World
let api: TestApi
before(async () => {
  world = await startWorld()
  api = await startApi({ stack: world.stack, now: Date.now })
})
after(() => world.close())
beforeEach(() => world.begin())

const SECOND = 1000

/** An endpoint with what it was sent, each with its time. */
async function start(rateLimit: number) {
  const { id, path } = await world.addEndpoint({ rateLimit })
  const sent: { id: string; at: number }[] = []
  world.receiver.behave((arrived, response) => {
    if (arrived.path === path) sent.push({ id: arrived.webhook.id, at: world.now() })
    answer(response, 204)
  })
  const change = async (to: number | null) => {
    const route = `PATCH /v1/tenants/${world.customer.tenant}/endpoints/${id}`
    const { status } = await api.call(route, { body: { rateLimit: to } })
    assert.equal(status, 200)
  }
  const say = async (count: number) => {
    for (let event = 0; event < count; event++) await world.say()
  }
  return { sent, change, say }
}

/** As on AWS, `release` runs once a minute. */
async function pass(seconds: number) {
  for (let second = 0; second < seconds; second++) {
    world.advance(SECOND)
    if (second % 60 === 2) await world.release()
    await world.pump()
  }
}

for (const [former, present, least] of [
  [10, 2, 100],
  [1, 10, 200],
] as const)
  test(`a rate limit changed from ${former} to ${present} holds for all that waits, without a pause, and sends nothing twice`, async () => {
    const { sent, change, say } = await start(former)
    await say(200)
    await world.pump()
    await change(present)
    const from = world.now()
    await pass(90)
    const known = sent.filter(({ at }) => at > from + 20 * SECOND)
    const perTen = Array.from({ length: 7 }, (_, ten) => {
      const begin = from + (20 + ten * 10) * SECOND
      return known.filter(({ at }) => at > begin && at <= begin + 10 * SECOND).length
    })
    assert.ok(Math.max(...perTen) <= present * 12, `in 10 s each: ${perTen.join()}`)
    assert.ok(sent.length >= least, `${sent.length} in 90 s; in 10 s each: ${perTen.join()}`)
    assert.equal(new Set(sent.map(({ id }) => id)).size, sent.length, perTen.join())
  })

test("what a worker that does not know the new limit adds is spread as well", async () => {
  const { sent, change, say } = await start(1)
  const stale = makeDeps(world.stack, { now: world.now, random: () => 0.5 })
  await say(1)
  await pump(world.stack, stale, "Ingest")
  await pump(world.stack, stale, "Delivery")
  await change(null)
  await pump(world.stack, world.deps, "Jobs")
  await say(60)
  await pump(world.stack, stale, "Ingest")
  await pump(world.stack, stale, "Delivery")
  await pass(30)
  assert.equal(sent.length, 61)
})

test("what got a new slot still waits while its endpoint asks for a pause", async () => {
  const { sent, change, say } = await start(1)
  await say(30)
  await world.pump()
  await change(10)
  await world.pump()
  world.receiver.behave((_, response) => {
    sent.push({ id: "refused", at: world.now() })
    answer(response, 429, { "retry-after": "40" })
  })
  await pass(2)
  const refused = sent.length
  assert.ok(refused < 25, `${refused} before the pause is known`)
  await pass(30)
  assert.equal(sent.length, refused)
})

test("a page of which one write fails delays nothing by more than its repetition", async (t) => {
  const { sent, change, say } = await start(1)
  await say(60)
  await world.pump()
  await change(2)
  const from = world.now()
  const clients = makeClients(world.stack)
  t.after(() => clients.close())
  let failed = 0
  clients.dynamodb.middlewareStack.add(
    (next) => async (args) => {
      const { UpdateExpression = "" } = args.input as { UpdateExpression?: string }
      if (UpdateExpression.includes("slot") && failed++ === 0)
        throw Object.assign(new Error("throttled"), { name: "ThrottlingException" })
      return next(args)
    },
    { step: "initialize", name: "throttle" },
  )
  await pump(world.stack, makeDeps(world.stack, { now: world.now, clients }), "Jobs")
  assert.ok(failed > 40, `${failed} writes`)
  await pass(100)
  assert.equal(new Set(sent.map(({ id }) => id)).size, 60)
  assert.equal(sent.length, 60)
  const late = sent.filter(({ at }) => at > from + 60 * SECOND)
  assert.deepEqual(late, [])
})
