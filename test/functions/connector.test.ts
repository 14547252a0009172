import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { kinds } from "@ringback/connectors/kinds"
import { checkCrm } from "@ringback/functions/endpoint-kinds/check-crm"
import * as BreakerState from "@ringback/store/breaker-state"
import * as Endpoint from "@ringback/store/endpoint"
import type { AskRequest } from "@ringback/webhooks/send"
import * as Health from "@ringback/store/health"
import { idIn } from "../connectors/account.ts"
import { makeTracing, originOf } from "@ringback/telemetry/tracing"
import { attributeOf, startOtlp } from "../harness/otlp.ts"
import { makeChance } from "../prove/chance.ts"
import { startStack, type Stack } from "../harness/stack.ts"
import { makeDeps } from "../harness/system.ts"
import { deliverOn, startCrm, tell, type CrmWorld } from "./crm.ts"

let stack: Stack
before(async () => void (stack = await startStack()))
after(() => stack.close())

const ADA = { id: "101", phone: "+4520123456" }
const UUID = "7d0c4a50-5b1e-4f6a-9c3d-000000000077"

const secretless = (world: CrmWorld, text: string) => {
  for (const secret of ["very-secret", "refresh-", ...world.tokens.given])
    assert.ok(!text.includes(secret), `${secret} in ${text}`)
}

for (const kind of kinds) {
  describe(`a worker and ${kind}`, () => {
    test("log a call on its contact, and the attempt tells each request", async (t) => {
      const world = await startCrm(t, stack, kind, [ADA])
      const delivery = await deliverOn(world, tell(world))
      assert.equal(delivery?.status, "delivered", JSON.stringify(delivery?.attempts))
      assert.deepEqual(
        world.account.activities().map(({ contact }) => contact),
        [idIn(kind, "101")],
      )
      const steps = delivery.attempts[0]?.steps ?? []
      assert.equal(steps.length, world.server.asked.length)
      // A row's key that is no contact of this CRM is looked for all the same, and not found.
      assert.ok(steps.every(({ statusCode }) => statusCode === 404 || (statusCode ?? 500) < 300))
      secretless(world, JSON.stringify(delivery))
      // A token is fetched once, and what is read of the account once: the second call asks for less.
      const before = world.server.asked.length
      await deliverOn(world, tell(world))
      assert.equal(world.account.activities().length, 2)
      assert.ok(world.server.asked.length - before < before)
      assert.equal(world.tokens.given.length, 1)
    })

    test("a test of the endpoint takes 4 s to its last answer in all, signing in included", async (t) => {
      const world = await startCrm(t, stack, kind, [ADA])
      const [limits, slow]: [number[], number] = [[], 60]
      const sender = {
        async ask({ limitMs, url }: AskRequest) {
          limits.push(limitMs)
          await sleep(slow)
          const token = { access_token: `t${limits.length}`, expires_in: 3600 }
          const statusCode = url.endsWith("/token") ? 200 : 401
          return { statusCode, headers: {}, body: JSON.stringify(token), durationMs: slow }
        },
        send: () => Promise.reject(new Error("it is sent nothing")),
      }
      const crmUrls = { [kind]: world.server.url }
      const { table, testOutbound } = makeDeps(stack, {
        now: () => world.clock.now,
        sender,
        crmUrls,
      })
      const endpoint = await Endpoint.get(table, world.customer.tenant, world.endpointId)
      assert.equal((await checkCrm(testOutbound.deps, endpoint!)).ok, false)
      // A token, a refusal, a new token, a refusal.
      assert.equal(limits.length, 4)
      for (const [index, limitMs] of limits.entries())
        assert.ok(limitMs <= 4_000 - index * (slow - 2), limits.join())
    })

    test("an attempt's trace has a span for each request, none with what is said of a person", async (t) => {
      const world = await startCrm(t, stack, kind, [ADA])
      const otlp = await startOtlp()
      t.after(() => otlp.close())
      const settings = otlp.settings({ OTEL_TRACES_SAMPLER_ARG: "1" })
      const origin = originOf(settings, { name: "ringback", version: "0.1.0" })
      world.deps.tracing = makeTracing(settings, origin, () => {})
      await deliverOn(world, tell(world))
      await world.deps.tracing.flush(60_000)
      const [deliver, ...steps] = otlp.spans()
      assert.equal(deliver?.name, "deliver")
      assert.equal(attributeOf(deliver, "ringback.connector"), kind)
      assert.equal(steps.length, world.server.asked.length)
      assert.ok(steps.some(({ name }) => name === "log the call"))
      assert.ok(steps.some(({ name }) => name === "fetch a token"))
      for (const step of steps) {
        assert.equal(step.parentSpanId, deliver.spanId)
        assert.equal(attributeOf(step, "server.address"), "127.0.0.1")
        assert.ok(attributeOf(step, "http.response.status_code"))
      }
      const said = otlp.requests.map(({ body }) => body).join()
      secretless(world, said)
      assert.ok(!said.includes("4520123456"))
    })

    test("a replay, a worker that begins anew and a second copy at once make no second activity", async (t) => {
      const world = await startCrm(t, stack, kind, [ADA])
      await deliverOn(world, tell(world, { uuid: UUID }))
      await deliverOn(world, tell(world, { uuid: UUID }))
      await Promise.all([1, 2, 3].map(() => deliverOn(world, tell(world, { uuid: UUID }))))
      assert.equal(world.account.activities().length, 1)
    })

    test("an older event than the one that is logged is discarded, and names it", async (t) => {
      const world = await startCrm(t, stack, kind, [ADA])
      const newer = tell(world, { uuid: UUID, version: "2026-11-22T06:27:41.000000000Z/2" })
      await deliverOn(world, newer)
      const asked = world.server.asked.length
      const older = tell(world, { uuid: UUID, version: "2026-11-22T06:27:40.000000000Z/2" })
      const delivery = await deliverOn(world, older)
      assert.equal(delivery?.status, "discarded")
      assert.equal(delivery.reason, `superseded by ${newer.eventId}`)
      assert.equal(world.server.asked.length, asked)
    })

    test("a token that ended is fetched anew, once", async (t) => {
      const world = await startCrm(t, stack, kind, [ADA])
      await deliverOn(world, tell(world))
      world.tokens.expire()
      const delivery = await deliverOn(world, tell(world))
      assert.equal(delivery?.status, "delivered", JSON.stringify(delivery?.attempts))
      assert.equal(world.tokens.given.length, 2)
      assert.equal(world.account.activities().length, 2)
    })

    test("credentials that are wrong fail in words that name the setting, after one new token", async (t) => {
      const world = await startCrm(t, stack, kind, [ADA])
      world.server.faults = (asked) =>
        world.tokens.isTokenPath(asked) ? "none" : { status: 401, body: { message: "no" } }
      const delivery = await deliverOn(world, tell(world))
      assert.equal(delivery?.status, "pending")
      assert.match(delivery.attempts[0]?.error ?? "", /check connector\.auth/)
      assert.equal(delivery.attempts[0]?.statusCode, 401)
      assert.equal(world.tokens.given.length, 2)
      secretless(world, JSON.stringify(delivery))
    })

    test("a limit is obeyed by all deliveries of the endpoint", async (t) => {
      const world = await startCrm(t, stack, kind, [ADA])
      world.server.faults = (asked) =>
        world.tokens.isTokenPath(asked)
          ? "none"
          : { status: 429, body: { message: "slow down", policyName: "DAILY" } }
      const delivery = await deliverOn(world, tell(world))
      assert.equal(delivery?.status, "pending")
      const { pausedUntil = 0 } = await Health.get(
        world.deps.table,
        world.customer.tenant,
        world.endpointId,
        { consistent: true },
      )
      assert.ok(pausedUntil > world.clock.now, "nobody waits")
    })

    test("a contact that is not there: delivered, in words", async (t) => {
      const world = await startCrm(t, stack, kind, [])
      const delivery = await deliverOn(world, tell(world))
      assert.equal(delivery?.status, "delivered")
      assert.match(delivery.attempts[0]?.error ?? "", /^skipped: .*\+4520123456/)
      assert.equal(world.account.activities().length, 0)
    })

    test("histories of faults and deaths leave one activity each, and none is missing", async (t) => {
      for (let seed = 1; seed <= 6; seed++) {
        const world = await startCrm(t, stack, kind, [ADA])
        const chance = makeChance(seed)
        let count = 0
        world.server.faults = (asked) => {
          const fate = chance.of(kind, ++count)
          if (fate < 0.06) return "request lost"
          if (fate < 0.12 && !world.tokens.isTokenPath(asked)) return "answer lost"
          if (fate < 0.16) return { status: 500, body: {} }
          if (fate < 0.2) world.tokens.expire()
          return "none"
        }
        const told = Array.from({ length: 3 }, () => tell(world))
        for (const each of told) {
          for (let attempt = 0; attempt < 9; attempt++) {
            const delivery = await deliverOn(world, each)
            if (delivery?.status === "delivered") break
            world.clock.now += 60_000
          }
        }
        assert.equal(world.account.activities().length, 3, `seed ${seed}`)
        assert.deepEqual(world.account.problems, [])
      }
    })
  })
}

test("a call that is skipped without a request says nothing of a CRM that does not answer", async (t) => {
  const world = await startCrm(t, stack, "salesforce", [ADA], { match: "email" })
  const { deps, customer, endpointId, clock } = world
  await BreakerState.recordFailures(deps.table, customer.tenant, endpointId, 10)
  await BreakerState.open(deps.table, customer.tenant, endpointId, clock.now)
  const delivery = await deliverOn(world, tell(world, { contact: null }))
  assert.equal(delivery?.status, "delivered")
  assert.match(delivery.attempts[0]?.error ?? "", /^skipped: the call's contact has no email/)
  assert.equal(world.server.asked.length, 0)
  const health = await Health.get(deps.table, customer.tenant, endpointId, { consistent: true })
  assert.equal(health.failures, 10)
  assert.equal(health.state, "resting")
})

test("a test event makes no activity in a real CRM", async (t) => {
  const world = await startCrm(t, stack, "hubspot", [ADA])
  const noStandIn = { ...world.deps.outbound.deps, crmUrls: {} }
  const { logCall } = await import("@ringback/functions/endpoint-kinds/log-call")
  const { get } = await import("@ringback/store/endpoint")
  const endpoint = await get(world.deps.table, world.customer.tenant, world.endpointId)
  const { body, eventId } = tell(world, { test: true })
  const outcome = await logCall(noStandIn, endpoint!, { id: eventId, body })
  assert.ok(outcome.ok)
  assert.match(outcome.error ?? "", /a test, which is no call/)
  assert.equal(world.server.asked.length, 0)
})
