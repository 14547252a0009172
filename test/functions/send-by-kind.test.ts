import assert from "node:assert/strict"
import { after, before, describe, test, type TestContext } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { failedOutcome } from "@ringback/webhooks/attempt-outcome"
import type { AskRequest, SendRequest } from "@ringback/webhooks/send"
import { postWebhook } from "@ringback/functions/endpoint-kinds/post-webhook"
import * as Endpoint from "@ringback/store/endpoint"
import * as Health from "@ringback/store/health"
import { Webhook } from "standardwebhooks"
import { serveCrm } from "../crm/server.ts"
import { makeTokenServer } from "../crm/token.ts"
import { startReceiver } from "../harness/receiver.ts"
import { startStack, type Stack } from "../harness/stack.ts"
import { makeCustomer, makeDeps, makeEndpoint } from "../harness/system.ts"
import { deliverOn, tell } from "./crm.ts"

let stack: Stack
before(async () => void (stack = await startStack()))
after(() => stack.close())

async function start(t: TestContext, settings: object) {
  const receiver = await startReceiver()
  const clock = { now: Date.now() }
  const deps = makeDeps(stack, { now: () => clock.now })
  t.after(async () => {
    await deps.outbound.close()
    await receiver.close()
  })
  const customer = await makeCustomer(deps)
  const { endpoint, secret } = await makeEndpoint(deps, customer.tenant, receiver.url, settings)
  const world = { deps, customer, clock, endpointId: endpoint.id }
  const failures = async () =>
    (await Health.get(deps.table, customer.tenant, endpoint.id, { consistent: true })).failures
  return { ...world, receiver, secret, failures, deliver: () => deliverOn(world, tell(world)) }
}

describe("a delivery with a transform", () => {
  test("sends its value, signed as it is sent", async (t) => {
    const transform = `{"$request": {"method": "PUT", "path": "/calls/1", "headers": {"x-a": "b"}, "body": {"n": data.number}}}`
    const { deliver, receiver, secret } = await start(t, { transform })
    assert.equal((await deliver())?.status, "delivered")
    const [arrived] = receiver.arrived
    assert.deepEqual([arrived?.path, arrived?.body], ["/calls/1", `{"n":"+4520123456"}`])
    assert.equal(arrived?.headers["x-a"], "b")
    new Webhook(secret).verify(arrived!.body, arrived!.headers)
  })

  test("that does not want the event: discarded, without an attempt", async (t) => {
    const { deliver, receiver } = await start(t, { transform: "null" })
    const delivery = await deliver()
    assert.deepEqual(
      [delivery?.status, delivery?.reason, delivery?.attempts],
      ["discarded", "not wanted by its transform", []],
    )
    assert.equal(receiver.arrived.length, 0)
  })

  test("that throws: failed at once, in words, and the breaker does not count it", async (t) => {
    const { deliver, failures } = await start(t, { transform: `$error("no plan")` })
    const delivery = await deliver()
    assert.equal(delivery?.status, "failed")
    assert.match(delivery.reason ?? "", /no plan/)
    assert.equal(await failures(), 0)
  })

  test("that takes too long: an attempt, tried again", async (t) => {
    const { deliver, failures } = await start(t, {
      transform: "($f := function($n){ $f($n + 1) }; $f(0))",
    })
    const delivery = await deliver()
    assert.equal(delivery?.status, "pending")
    assert.match(delivery.attempts[0]?.error ?? "", /longer than 50 ms/)
    assert.equal(await failures(), 1)
  })
})

describe("a delivery with auth", () => {
  const OAUTH = {
    type: "oauth2",
    grant: "client_credentials",
    tokenUrl: "https://1.1.1.1/token",
    clientId: "client",
    clientSecret: "very-secret",
  } as const

  /** Signs in and sends slowly, and is refused; how long each request may take is noted. */
  const slowSender = (slow: number, limits: number[]) => ({
    async ask({ limitMs }: AskRequest) {
      limits.push(limitMs)
      await sleep(slow)
      const body = JSON.stringify({ access_token: `t${limits.length}`, expires_in: 3600 })
      return { statusCode: 200, headers: {}, body, durationMs: slow }
    },
    async send({ limitMs = Infinity }: SendRequest) {
      limits.push(limitMs)
      await sleep(slow)
      return { ...failedOutcome("no", slow), statusCode: 401 }
    },
  })

  test("OAuth: signing in, the POST, and both again share one time", async (t) => {
    const limits: number[] = []
    const slow = 60
    const sender = slowSender(slow, limits)
    const world = await start(t, { auth: OAUTH })
    const deps = makeDeps(stack, { now: () => world.clock.now, sender })
    await deliverOn(world, tell(world), deps)
    assert.equal(limits.length, 4)
    const [, post = 0, , last = 0] = limits
    assert.ok(post <= 20_000 - slow && last <= post - 2 * slow, limits.join())
  })

  test("OAuth: what signing in leaves no time for is not sent", async (t) => {
    const limits: number[] = []
    const world = await start(t, { auth: OAUTH })
    const sender = slowSender(100, limits)
    const { table, outbound } = makeDeps(stack, { now: () => world.clock.now, sender })
    const endpoint = await Endpoint.get(table, world.customer.tenant, world.endpointId)
    assert.ok(endpoint?.url)
    const traced = { id: "evt_1", body: "{}", trace: "1".repeat(32), span: "1".repeat(16) }
    // Less than the 100 ms that a request needs are left once the token is there, or before.
    const deps = { ...outbound.deps, limitMs: 190 }
    const outcome = await postWebhook(deps, { ...endpoint, url: endpoint.url }, traced)
    assert.match(outcome.error ?? "", /no time/)
    assert.ok(limits.length <= 1, limits.join())
  })

  test("OAuth: a first POST that may have arrived counts, unless the second one arrives", async (t) => {
    const world = await start(t, { auth: OAUTH })
    for (const [second, expected] of [
      [{ ...failedOutcome("no", 1), statusCode: 500 }, true],
      [{ ...failedOutcome("no", 1, true), statusCode: null }, true],
      [{ ...failedOutcome("", 1), ok: true, statusCode: 204 }, false],
    ] as const) {
      const outcomes = [{ ...failedOutcome("no", 1, true), statusCode: 401 }, second]
      const { ask } = slowSender(0, [])
      const sender = { ask, send: async () => outcomes.shift()! }
      const { table, outbound } = makeDeps(stack, { now: () => world.clock.now, sender })
      const endpoint = await Endpoint.get(table, world.customer.tenant, world.endpointId)
      const traced = { id: "evt_1", body: "{}", trace: "1".repeat(32), span: "1".repeat(16) }
      const receiver = { ...endpoint!, url: world.receiver.url }
      const outcome = await postWebhook(outbound.deps, receiver, traced)
      assert.equal(outcome.mayHaveArrived, expected)
      assert.equal(outcomes.length, 0)
    }
  })

  test("OAuth: a token of half a megabyte is a failed attempt, and not kept", async (t) => {
    const world = await start(t, { auth: OAUTH })
    const sender = {
      ask: async () => ({
        statusCode: 200,
        headers: {},
        body: JSON.stringify({ access_token: "t".repeat(500_000) }),
        durationMs: 1,
      }),
      send: async () => assert.fail("nothing is sent with it"),
    }
    const deps = makeDeps(stack, { now: () => world.clock.now, sender })
    const delivery = await deliverOn(world, tell(world), deps)
    assert.equal(delivery?.status, "pending")
    assert.equal(
      delivery.attempts[0]?.error,
      "the token server answered 200 with a token of more than 16 KB",
    )
  })

  for (const [what, settings, requests] of [
    ["OAuth", { auth: OAUTH }, 4],
    ["its own transform and OAuth", { auth: OAUTH, transform: '{"a": 1}' }, 4],
    ["a transform", { transform: '{"a": 1}' }, 1],
    ["nothing", {}, 1],
  ] as const)
    test(`a test of an endpoint with ${what} takes 4 s to its last answer in all`, async (t) => {
      const limits: number[] = []
      const slow = 60
      const world = await start(t, settings)
      const sender = slowSender(slow, limits)
      const deps = makeDeps(stack, { now: () => world.clock.now, sender })
      t.after(() => deps.testOutbound.close())
      const endpoint = await Endpoint.get(deps.table, world.customer.tenant, world.endpointId)
      assert.ok(endpoint?.url)
      const traced = { id: "evt_1", body: "{}", trace: "1".repeat(32), span: "1".repeat(16) }
      await deps.testOutbound.sendByKind({ ...endpoint, url: endpoint.url }, traced)
      assert.equal(limits.length, requests)
      for (const [index, limitMs] of limits.entries())
        assert.ok(limitMs <= 4_000 - index * (slow - 2), limits.join())
    })

  for (const [auth, header, value] of [
    [{ type: "bearer", token: "t" }, "authorization", "Bearer t"],
    [{ type: "basic", username: "u", password: "p" }, "authorization", "Basic dTpw"],
    [{ type: "header", name: "X-Key", value: "v" }, "x-key", "v"],
  ] as const)
    test(`${auth.type}: shows it`, async (t) => {
      const { deliver, receiver } = await start(t, { auth })
      assert.equal((await deliver())?.status, "delivered")
      assert.equal(receiver.arrived[0]?.headers[header], value)
    })

  for (const grant of ["client_credentials", "refresh_token"])
    test(`OAuth, ${grant}: one token for many, a new one after a 401, and none of it in the log`, async (t) => {
      const taken = new Set<string>()
      const server = makeTokenServer(taken)
      const tokens = await serveCrm(server.answer)
      t.after(() => tokens.close())
      const auth = {
        type: "oauth2",
        grant,
        tokenUrl: `${tokens.url}/token`,
        clientId: "client",
        clientSecret: "very-secret",
        ...(grant === "refresh_token" && { refreshToken: "refresh-0" }),
      }
      const world = await start(t, { auth })
      world.receiver.behave(({ headers }, response) => {
        const isTaken = taken.has(headers["authorization"]?.replace("Bearer ", "") ?? "")
        response.writeHead(isTaken ? 204 : 401).end()
      })
      const all = await Promise.all([world.deliver(), world.deliver(), world.deliver()])
      assert.deepEqual(
        all.map((each) => each?.status),
        ["delivered", "delivered", "delivered"],
      )
      assert.equal(server.given.length, 1)
      server.expire()
      // Another worker, that remembers nothing, and all of them at once.
      const others = [1, 2].map(() => makeDeps(stack, { now: () => world.clock.now }))
      const again = await Promise.all(
        others.map((deps) => deliverOn({ ...world, deps }, tell(world), deps)),
      )
      assert.deepEqual(
        again.map((each) => each?.status),
        ["delivered", "delivered"],
      )
      assert.equal(server.given.length, 2)
      assert.doesNotMatch(JSON.stringify([all, again]), /very-secret|access-|refresh-\d/)
    })
})
