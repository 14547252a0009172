import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { makePlaces } from "@ringback/functions/runtime/places"
import { makeClients, startStack, type Stack } from "../harness/stack.ts"
import { until } from "../harness/until.ts"
import { makeTenant, startApi, type TestApi } from "./api.ts"

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

test("a place is given back after a failure, and goes to whoever has waited longest", async () => {
  const places = makePlaces(1)
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
