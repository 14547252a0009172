import assert from "node:assert/strict"
import { after, before, test, type TestContext } from "node:test"
import type { Answered, Asked } from "@ringback/local/demo-crm/asked"
import * as Endpoint from "@ringback/store/endpoint"
import { serveCrm, type CrmServer } from "../crm/server.ts"
import { makeTokenServer } from "../crm/token.ts"
import { answer, startReceiver } from "../harness/receiver.ts"
import { startStack, type Stack } from "../harness/stack.ts"
import { makeCustomer, makeDeps, makeEndpoint } from "../harness/system.ts"
import { deliverOn, startCrm, tell } from "./crm.ts"

// How a token server is told who asks: RFC 6749 recommends Basic, and some take nothing but the form.

let stack: Stack
before(async () => void (stack = await startStack()))
after(() => stack.close())

const isBasic = ({ headers }: Asked) => headers["authorization"] !== undefined

/** A receiver behind an endpoint that signs in with client credentials. */
async function startReceiving(t: TestContext, tokens: CrmServer) {
  const receiver = await startReceiver()
  t.after(() => Promise.all([tokens.close(), receiver.close()]))
  const clock = { now: Date.now() }
  const deps = makeDeps(stack, { now: () => clock.now })
  const customer = await makeCustomer(deps)
  const auth = {
    type: "oauth2",
    grant: "client_credentials",
    tokenUrl: `${tokens.url}/token`,
    clientId: "client",
    clientSecret: "very-secret",
  }
  const { endpoint } = await makeEndpoint(deps, customer.tenant, receiver.url, { auth })
  return { receiver, world: { deps, customer, clock, endpointId: endpoint.id } }
}

for (const [what, refusal, isAskedAgain] of [
  ["401 invalid_client", { status: 401, body: { error: "invalid_client" } }, true],
  ["400 invalid_request", { status: 400, body: { error: "invalid_request" } }, true],
  ["400 invalid_scope", { status: 400, body: { error: "invalid_scope" } }, false],
  ["500 invalid_client", { status: 500, body: { error: "invalid_client" } }, false],
] as [string, Answered, boolean][])
  test(`a token server that answers ${what} to Basic is ${isAskedAgain ? "" : "not "}asked by the form`, async (t) => {
    const issuer = makeTokenServer(new Set())
    const tokens = await serveCrm((asked) => (isBasic(asked) ? refusal : issuer.answer(asked)))
    const { receiver, world } = await startReceiving(t, tokens)
    const delivery = await deliverOn(world, tell(world))
    assert.equal(delivery?.status, isAskedAgain ? "delivered" : "pending")
    assert.equal(receiver.arrived.length, isAskedAgain ? 1 : 0)
    assert.deepEqual(tokens.asked.map(isBasic), isAskedAgain ? [true, false] : [true])
  })

test("a CRM is asked in its own way alone", async (t) => {
  for (const [kind, isByBasic] of [
    ["pipedrive", true],
    ["zoho", false],
  ] as const) {
    const world = await startCrm(t, stack, kind, [])
    world.server.faults = ({ path }) =>
      path.endsWith("/token") ? { status: 401, body: { error: "invalid_client" } } : "none"
    const delivery = await deliverOn(world, tell(world))
    assert.equal(delivery?.status, "pending")
    assert.deepEqual(world.server.asked.map(isBasic), [isByBasic])
  }
})

for (const seconds of [30, 60])
  test(`webhooks that come at once share a token that is valid for ${seconds} s`, async (t) => {
    const tokens = await serveCrm(({ path }) => ({
      status: 200,
      body: { access_token: path, token_type: "bearer", expires_in: seconds },
    }))
    const { world } = await startReceiving(t, tokens)
    const sendAll = async () => {
      const all = Array.from({ length: 20 }, () => deliverOn(world, tell(world)))
      return new Set((await Promise.all(all)).map((each) => each?.status))
    }
    assert.deepEqual(await sendAll(), new Set(["delivered"]))
    world.clock.now += seconds * 750 - 1
    assert.deepEqual(await sendAll(), new Set(["delivered"]))
    assert.equal(tokens.asked.length, 1)
    world.clock.now += 1
    assert.deepEqual(await sendAll(), new Set(["delivered"]))
    assert.equal(tokens.asked.length, 2, "it is replaced before it ends")
  })

test("a worker that knows the former credentials does not lose the refresh token of the new ones", async (t) => {
  const former = await serveCrm(() => ({
    status: 200,
    body: { access_token: "former", token_type: "bearer", expires_in: 3 },
  }))
  const issuer = makeTokenServer(new Set())
  const present = await serveCrm(issuer.answer)
  const receiver = await startReceiver()
  t.after(() => Promise.all([former.close(), present.close(), receiver.close()]))
  const clock = { now: Date.now() }
  const deps = makeDeps(stack, { now: () => clock.now })
  const customer = await makeCustomer(deps)
  const authAt = (url: string) => ({
    type: "oauth2",
    grant: "refresh_token",
    tokenUrl: `${url}/token`,
    clientId: "client",
    clientSecret: "very-secret",
    refreshToken: "refresh-0",
  })
  const settings = { auth: authAt(former.url) }
  const { endpoint } = await makeEndpoint(deps, customer.tenant, receiver.url, settings)
  const world = { deps, customer, clock, endpointId: endpoint.id }
  await deliverOn(world, tell(world))
  const auth = authAt(present.url)
  await Endpoint.update(deps.table, customer.tenant, endpoint.id, { auth })
  const other = makeDeps(stack, { now: () => clock.now })
  assert.equal(
    (await deliverOn({ ...world, deps: other }, tell(world), other))?.status,
    "delivered",
  )
  assert.equal(present.asked.length, 1)
  clock.now += 3_000
  await deliverOn(world, tell(world))
  assert.equal(former.asked.length, 2, "it did not know")
  clock.now += 3600_000
  const delivery = await deliverOn(world, tell(world))
  assert.deepEqual([delivery?.status, delivery?.attempts.at(-1)?.error], ["delivered", null])
})

test("an attempt whose token was refused and cannot be renewed shows both requests for one", async (t) => {
  const issuer = makeTokenServer(new Set())
  let count = 0
  const tokens = await serveCrm((asked) =>
    count++ === 0 ? issuer.answer(asked) : { status: 500, body: {} },
  )
  const { receiver, world } = await startReceiving(t, tokens)
  receiver.behave((_, response) => answer(response, 401))
  const attempt = (await deliverOn(world, tell(world)))!.attempts.at(-1)!
  assert.equal(attempt.statusCode, 401)
  assert.match(attempt.error!, /token server answered 500/)
  assert.deepEqual(
    attempt.steps?.map(({ statusCode }) => statusCode),
    [200, 500],
  )
})
