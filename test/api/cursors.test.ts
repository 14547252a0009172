import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { makeTenant, startApi, type TestApi } from "./api.ts"

let now = Date.parse("2026-11-22T06:00:00Z")
let api: TestApi
before(async () => void (api = await startApi({ now: () => now++ })))
after(() => api.close())

async function walk(route: string, limit: number, between = async () => {}): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const next: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`
    const { body, text } = await api.call(`GET ${route}?limit=${limit}${next}`)
    assert.ok(body.data.length <= limit, text)
    ids.push(...body.data.map(({ id }: { id: string }) => id))
    cursor = body.nextCursor
    await between()
  } while (cursor !== null)
  return ids
}

test("pages of a list make the whole, newest first, while things are added and deleted", async () => {
  const { path } = await makeTenant(api)
  const made: string[] = []
  const add = async () => {
    const { body } = await api.call(`POST ${path}/sources`, { body: { name: "x" } })
    made.unshift(body.id)
  }
  for (let count = 0; count < 23; count++) await add()
  for (const gone of [made[3]!, made[4]!, made[22]!])
    await api.call(`DELETE ${path}/sources/${gone}`)
  made.splice(22, 1)
  made.splice(3, 2)
  const expected = [...made]
  for (const limit of [1, 5, 7, 20, 21, 250]) {
    assert.deepEqual(await walk(`${path}/sources`, limit), expected, String(limit))
  }
  assert.deepEqual(await walk(`${path}/sources`, 3, add), expected)
})

test("a cursor goes on with its own query alone", async () => {
  const [one, other] = [await makeTenant(api), await makeTenant(api)]
  for (const { path } of [one, other]) {
    for (const name of ["a", "b", "c"]) {
      await api.call(`POST ${path}/sources`, { body: { name } })
      await api.call(`POST ${path}/keys`, { body: { name } })
    }
  }
  const { body } = await api.call(`GET ${one.path}/sources?limit=1`)
  const cursor = encodeURIComponent(body.nextCursor)
  assert.equal((await api.call(`GET ${one.path}/sources?limit=2&cursor=${cursor}`)).status, 200)
  for (const route of [
    `${other.path}/sources`,
    `${one.path}/keys`,
    `${one.path}/endpoints`,
    `${one.path}/events`,
    `${one.path}/deliveries`,
    "/v1/tenants",
    "/v1/event-types",
  ]) {
    const answer = await api.call(`GET ${route}?cursor=${cursor}`)
    assert.deepEqual([answer.status, answer.body.code], [400, "cursor.invalid"], route)
  }
})

test("event types come in pages too", async () => {
  const types: string[] = []
  let cursor = ""
  do {
    const { body } = await api.call(`GET /v1/event-types?limit=10${cursor}`)
    types.push(...body.data.map(({ type }: { type: string }) => type))
    cursor = body.nextCursor && `&cursor=${encodeURIComponent(body.nextCursor)}`
  } while (cursor)
  assert.equal(new Set(types).size, types.length)
  const { body } = await api.call("GET /v1/event-types?limit=250")
  assert.deepEqual(
    body.data.map(({ type }: { type: string }) => type),
    types,
  )
})
