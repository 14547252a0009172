import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { createApi } from "@ringback/functions/api/index"
import { makePlaces } from "@ringback/functions/runtime/places"
import { makeClients, startStack, type Stack } from "../harness/stack.ts"
import { startReceiver } from "../harness/receiver.ts"
import { until } from "../harness/until.ts"
import { makeTenant, startApi, type TestApi } from "./api.ts"
import { makeWorld } from "./world.ts"

let stack: Stack
let api: TestApi
const clients = { close() {} } as ReturnType<typeof makeClients>
/** The partitions of queries that are held back. */
const held: string[] = []
let holding: { tenant: string; end: PromiseWithResolvers<void> } | undefined

before(async () => {
  stack = await startStack()
  Object.assign(clients, makeClients(stack))
  clients.dynamodb.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const text = JSON.stringify(args.input)
        if (commandName === "QueryCommand" && holding && text.includes(holding.tenant)) {
          held.push(text)
          await holding.end.promise
        }
        return next(args)
      },
    { step: "initialize", name: "hold" },
  )
  api = await startApi({ stack, clients })
})
after(async () => {
  clients.close()
  await stack.close()
})

// What a failure holds back for ever.
const LIMIT = { timeout: 60_000 }

test(
  "four of a tenant's reads run at once; the others follow, and nobody else waits",
  LIMIT,
  async () => {
    const { id, path, key } = await makeTenant(api)
    const other = await makeTenant(api)
    const made = await api.call(`POST ${path}/sources`, { key, body: { name: "x" } })
    const source = `${path}/sources/${made.body.id}`
    const end = Promise.withResolvers<void>()
    holding = { tenant: id, end }
    const reads = Array.from({ length: 12 }, () => api.call(`GET ${path}/sources`, { key }))
    await until(() => held.length >= 4)
    const { status } = await api.call(`GET ${other.path}/sources`, { key: other.key })
    assert.equal(status, 200, "another tenant")
    const changed = await api.call(`PATCH ${source}`, { key, body: { name: "other" } })
    assert.equal(changed.status, 200, "a change")
    // Long enough for a fifth.
    await sleep(50)
    assert.equal(held.length, 4)
    holding = undefined
    end.resolve()
    for (const each of await Promise.all(reads)) assert.equal(each.status, 200, each.text)
  },
)

test(
  "a read whose client leaves while it waits is not made, and too many are refused",
  LIMIT,
  async () => {
    const { id, path, key } = await makeTenant(api)
    const end = Promise.withResolvers<void>()
    held.length = 0
    holding = { tenant: id, end }
    const app = createApi(api.deps)
    const leaving = new AbortController()
    const ask = async (signal?: AbortSignal) =>
      app.request(
        new Request(`http://api.test${path}/sources`, {
          headers: { authorization: `Bearer ${key}` },
          ...(signal && { signal }),
        }),
      )
    const running = Array.from({ length: 4 }, () => ask())
    await until(() => held.length === 4)
    const waiting = Array.from({ length: 40 }, () => ask(leaving.signal))
    const refused = await until(async () => {
      const answer = await Promise.race([ask(leaving.signal), sleep(50)])
      return answer?.status === 429 ? answer : undefined
    })
    assert.equal(refused.headers.get("retry-after"), "1")
    const { code, detail } = (await refused.json()) as Record<string, string>
    assert.deepEqual(
      [code, detail],
      ["rate_limit.exceeded", "4 reads of a tenant run at once, and 40 wait."],
    )
    leaving.abort()
    for (const answer of await Promise.all(waiting)) assert.equal(answer.status, 429)
    holding = undefined
    end.resolve()
    for (const answer of await Promise.all(running)) assert.equal(answer.status, 200)
    assert.equal(held.length, 4, "what waited was not read")
    assert.equal((await ask()).status, 200)
  },
)

test("replays take places of the tenant's reads", LIMIT, async (t) => {
  const receiver = await startReceiver()
  t.after(() => receiver.close())
  const { path, key, ids } = await makeWorld(api, receiver.url)
  const { eventId, endpointId } = ids
  const end = Promise.withResolvers<void>()
  held.length = 0
  holding = { tenant: ids["tenantId"]!, end }
  const read = () => api.call(`GET ${path}/sources`, { key })
  const reads = Array.from({ length: 44 }, read)
  await until(async () => (await Promise.race([read(), sleep(50)]))?.status === 429)
  const replay = () =>
    api.call(`POST ${path}/events/${eventId}/replay`, { key, body: { endpointId } })
  const refused = await replay()
  holding = undefined
  end.resolve()
  assert.equal(refused.status, 429, refused.text)
  await Promise.all(reads)
  assert.equal((await replay()).status, 202)
})

test(
  "a read that waited for its place is not made with a key that was revoked",
  LIMIT,
  async () => {
    const { id, path, key } = await makeTenant(api)
    const made = await api.call(`POST ${path}/keys`, { body: { name: "leaks" } })
    const end = Promise.withResolvers<void>()
    held.length = 0
    holding = { tenant: id, end }
    const running = Array.from({ length: 4 }, () => api.call(`GET ${path}/sources`, { key }))
    await until(() => held.length === 4)
    const waiting = api.call(`GET ${path}/sources`, { key: made.body.key })
    // At least as long as a wait after which the key is checked again.
    await sleep(600)
    const { status } = await api.call(`DELETE ${path}/keys/${made.body.id}`)
    assert.equal(status, 204)
    holding = undefined
    end.resolve()
    for (const each of await Promise.all(running)) assert.equal(each.status, 200)
    assert.equal((await waiting).status, 401)
  },
)

test(
  "previews and fetches of messages are reads, too; a fetch that only waits is none",
  LIMIT,
  async () => {
    const { id, path, key } = await makeTenant(api)
    const pull = await api.call(`POST ${path}/endpoints`, { key, body: { pull: true } })
    const messages = `POST ${path}/endpoints/${pull.body.id}/messages`
    const waiting = Array.from({ length: 5 }, () =>
      api.call(messages, { key, body: { waitSeconds: 1 } }),
    )
    assert.equal((await api.call(`GET ${path}/sources`, { key })).status, 200)
    for (const each of await Promise.all(waiting)) assert.equal(each.status, 200)
    const end = Promise.withResolvers<void>()
    held.length = 0
    holding = { tenant: id, end }
    const reads = Array.from({ length: 4 }, () => api.call(`GET ${path}/sources`, { key }))
    await until(() => held.length === 4)
    const others = [
      api.call(messages, { key, body: {} }),
      api.call(`POST ${path}/endpoints/preview`, { key, body: { event: "campaign.updated" } }),
    ]
    const first = await Promise.race([...others, sleep(100)])
    assert.equal(first, undefined, "they wait for a place")
    holding = undefined
    end.resolve()
    for (const each of await Promise.all([...reads, ...others]))
      assert.equal(each.status, 200, each.text)
  },
)

test("a place is given back after a failure, and goes to whoever has waited longest", async () => {
  const places = makePlaces(1, 10)
  const begun: string[] = []
  const work = (name: string, fails = false) =>
    places.use("a", async () => {
      begun.push(name)
      await new Promise(setImmediate)
      if (fails) throw new Error(name)
      return name
    })
  const all = [work("first", true), work("second"), work("third", true), work("fourth")]
  const ended = await Promise.allSettled(all)
  assert.deepEqual(
    ended.map(({ status }) => status),
    ["rejected", "fulfilled", "rejected", "fulfilled"],
  )
  assert.deepEqual(begun, ["first", "second", "third", "fourth"])
  assert.equal(await work("last"), "last")
})

test("whoever leaves the line gives no place back, and nothing begins for it", async () => {
  const places = makePlaces(1, 2)
  const end = Promise.withResolvers<void>()
  const running = places.use("a", () => end.promise)
  const leaving = new AbortController()
  const gone = places.use("a", () => assert.fail("it has left"), leaving.signal)
  const next = places.use("a", async () => "next")
  assert.deepEqual([places.isFull("a"), places.isFull("b")], [true, false])
  leaving.abort(new Error("left"))
  await assert.rejects(gone, /left/)
  assert.equal(places.isFull("a"), false)
  await assert.rejects(
    places.use("a", () => assert.fail("it has left"), leaving.signal),
    /left/,
  )
  end.resolve()
  await running
  assert.equal(await next, "next")
  assert.equal(await places.use("a", async () => "last", new AbortController().signal), "last")
})
