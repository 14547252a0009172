import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { fetchMessages, type Message } from "@ringback/functions/pull/fetch"
import * as Endpoint from "@ringback/store/endpoint"
import type { Evaluated, Sandbox } from "@ringback/webhooks/sandbox"
import { campaignUpdate, startWorld, type World } from "../harness/world.ts"
import { startApi, type TestApi } from "../api/api.ts"

// Deliveries of a pull endpoint whose transform takes too long.

let world: World
let api: TestApi
before(async () => {
  world = await startWorld()
  api = await startApi({ stack: world.stack, now: Date.now })
})
after(() => world.close())
beforeEach(() => world.begin())

const SECOND = 1000
const MINUTE = 60 * SECOND
const LOOP = "($f := function($n){ $f($n + 1) }; $f(0))"

async function makePull() {
  const path = `/v1/tenants/${world.customer.tenant}/endpoints`
  const body = { pull: true, transform: `data.name = "slow" ? ${LOOP} : $` }
  const made = await api.call(`POST ${path}`, { body })
  assert.equal(made.status, 201, made.text)
  world.advance(11 * SECOND)
  const id = made.body.id as string
  return {
    id,
    fetch: async () =>
      (await api.call(`POST ${path}/${id}/messages`, { body: {} })).body.messages as Message[],
    change: (transform: string) => api.call(`PATCH ${path}/${id}`, { body: { transform } }),
  }
}

/** Events of campaigns with that name; their Uuids. */
async function happen(count: number, name: string): Promise<string[]> {
  const uuids: string[] = []
  for (let index = 0; index < count; index++) {
    const headers = campaignUpdate()
    uuids.push(headers[2]![1])
    await world.say(headers.map(([key, value]) => [key, key === "Name" ? name : value]))
    world.advance(10)
  }
  await world.pump()
  return uuids
}

const uuidsOf = (messages: Message[]) =>
  messages.map(({ body }) => (JSON.parse(body) as { data: { uuid: string } }).data.uuid)

/** Fetches as the API does, with a sandbox that answers at once what an evaluation came to. */
async function fetchWith(
  endpointId: string,
  evaluate: (name: string, input: string) => Evaluated,
): Promise<string[]> {
  const { table } = world.deps
  const { tenant } = world.customer
  const endpoint = await Endpoint.get(table, tenant, endpointId, { consistent: true })
  const sandbox: Sandbox = {
    evaluate: async (_realm, _expression, input) =>
      evaluate((JSON.parse(input) as { data: { name: string } }).data.name, input),
    check: async () => undefined,
    close: () => undefined,
  }
  const deps = { table, sandbox: async () => sandbox }
  return uuidsOf(await fetchMessages(deps, endpoint!, { limit: 10, leaseMs: 24 * 60 * MINUTE }))
}

const value = (json: string): Evaluated => ({ result: "value", json })

test("one whose transform is too slow is put off for a minute, and is not lost", async () => {
  const { id, fetch, change } = await makePull()
  const slow = await happen(2, "slow")
  const good = await happen(1, "good")
  const before = world.now()
  assert.deepEqual(uuidsOf(await fetch()), good)
  const waiting = await world.deliveries({ endpointId: id })
  for (const { nextAt, attemptCount, status } of waiting.filter((each) => !each.lease))
    assert.deepEqual([nextAt! - before, attemptCount, status], [MINUTE, 0, "pending"])
  await change("$")
  assert.deepEqual(await fetch(), [])
  world.advance(MINUTE)
  assert.deepEqual(new Set(uuidsOf(await fetch())), new Set([...slow, ...good]))
})

test("a hundred that are always late do not hold up what is younger", async () => {
  const { id } = await makePull()
  const slow = await happen(100, "slow")
  const good = await happen(20, "good")
  const seen: string[] = []
  for (let fetches = 0; fetches < 5; fetches++) {
    const late: Evaluated = { result: "late" }
    seen.push(...(await fetchWith(id, (name, input) => (name === "slow" ? late : value(input)))))
    world.advance(60 * MINUTE)
  }
  assert.deepEqual(seen, good)
  const rest: string[] = []
  for (let fetches = 0; fetches < 10; fetches++)
    rest.push(...(await fetchWith(id, (_, input) => value(input))))
  assert.deepEqual(rest, slow)
})

test("more than a minute's work of late ones: a fetch ends in time, and what is new comes soon", async () => {
  const { id } = await makePull()
  await happen(150, "slow")
  const fetch = async () => {
    const startedAt = world.now()
    const found = await fetchWith(id, (name, input) => {
      world.advance(name === "slow" ? 800 : 1)
      return name === "slow" ? { result: "late" } : value(input)
    })
    assert.ok(world.now() - startedAt <= 16 * SECOND, "two groups of ten")
    return found
  }
  for (let fetches = 0; fetches < 20; fetches++) assert.deepEqual(await fetch(), [])
  const good = await happen(1, "good")
  const seen: string[] = []
  for (let fetches = 0; fetches < 20 && seen.length === 0; fetches++) seen.push(...(await fetch()))
  assert.deepEqual(seen, good)
})

test("one that found no free transform stays first", async () => {
  const { id } = await makePull()
  const uuids = await happen(3, "good")
  assert.deepEqual(await fetchWith(id, () => ({ result: "busy" })), [])
  assert.deepEqual(await fetchWith(id, (_, input) => value(input)), uuids)
})
