import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { cachedReceiver, freshReceiver } from "@ringback/functions/endpoint/cached-endpoint"
import * as Endpoint from "@ringback/store/endpoint"
import * as Health from "@ringback/store/health"
import { letReadsLag } from "../harness/lagging.ts"
import { makeClients, startStack, type Stack } from "../harness/stack.ts"
import { makeCustomer, makeDeps, makeEndpoint } from "../harness/system.ts"

let stack: Stack
before(async () => void (stack = await startStack()))
after(() => stack.close())

test("what decides something permanent is read consistently, and then is what is cached", async (t) => {
  const clients = makeClients(stack)
  t.after(() => clients.close())
  letReadsLag(clients.dynamodb)
  const deps = makeDeps(stack, { now: Date.now, clients })
  const { tenant } = await makeCustomer(deps)
  const { endpoint } = await makeEndpoint(deps, tenant, "https://1.1.1.1/", {})
  const { id } = endpoint
  const first = await cachedReceiver(deps, tenant, id)
  assert.deepEqual([first.endpoint?.disabled, first.health.pausedUntil], [false, undefined])
  const direct = makeDeps(stack, { now: Date.now })
  await Endpoint.update(direct.table, tenant, id, { disabled: true })
  await Health.pause(direct.table, tenant, id, Date.now() + 3600_000)
  const later = await freshReceiver(deps, tenant, id)
  assert.deepEqual([later.endpoint?.disabled, later.health.pausedUntil !== undefined], [true, true])
  assert.deepEqual(await cachedReceiver(deps, tenant, id), later)
})
