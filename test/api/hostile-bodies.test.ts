import assert from "node:assert/strict"
import { gzipSync } from "node:zlib"
import { after, before, test } from "node:test"
import * as v from "valibot"
import { routes } from "@ringback/functions/api/routes"
import { validate } from "@ringback/functions/api/validate"
import { makeTenant, startApi, type TestApi } from "./api.ts"

let api: TestApi
let path: string
before(async () => {
  api = await startApi()
  path = (await makeTenant(api)).path
})
after(() => api.close())

const url = "https://example.invalid/"
const many = (count: number) => Array.from({ length: count }, (_, index) => index)

const hostile: [string, Record<string, unknown>, string][] = [
  ["items of a list", { eventTypes: many(9000).map(() => "é") }, "/eventTypes"],
  ["entries of a record", { metadata: Object.fromEntries(many(4000).entries()) }, "/metadata"],
  ["headers", { headers: Object.fromEntries(many(4000).map((n) => [`\n${n}`, "x"])) }, "/headers"],
  ["paths of a filter", { filter: Object.fromEntries(many(4000).entries()) }, "/filter"],
  [
    "values in a filter",
    { filter: { "data.status": many(9000).map(() => ({})) } },
    "/filter/data.status",
  ],
]
for (const [what, settings, at] of hostile) {
  test(`too many ${what} are one error, not one for each`, async () => {
    const answer = await api.call(`POST ${path}/endpoints`, { body: { url, ...settings } })
    assert.equal(answer.status, 400)
    assert.deepEqual(
      answer.body.errors.map((each: { path: string }) => each.path),
      [at],
    )
    assert.ok(answer.text.length < 1000, answer.text)
  })
}

test("nothing looks at the items of a list that is too long", () => {
  let looks = 0
  const item = v.check<string>(() => ++looks > 0)
  const schema = v.strictObject({
    some: v.optional(v.nullable(v.pipe(v.array(v.pipe(v.string(), item)), v.maxLength(3)))),
    others: v.record(v.string(), v.pipe(v.string(), v.maxLength(3), item)),
  })
  assert.throws(() => validate(schema, { some: many(4).map(String), others: { a: "x" } }))
  assert.throws(() => validate(schema, { some: null, others: { a: "xxxx" } }))
  assert.equal(looks, 0)
  validate(schema, { some: many(3).map(String), others: { a: "x" } })
  assert.equal(looks, 4)
})

test("every list and record that a request may hold has a limit", () => {
  type Schema = {
    type: string
    wrapped?: Schema
    item?: Schema
    value?: Schema
    entries?: Record<string, Schema>
    pipe?: { type: string }[]
  }
  const unlimited: string[] = []
  const visit = (schema: Schema, at: string): void => {
    const limit = { array: "max_length", record: "max_entries" }[schema.type]
    if (limit && !schema.pipe?.some(({ type }) => type === limit)) unlimited.push(at)
    for (const inner of [schema.wrapped, schema.item, schema.value]) if (inner) visit(inner, at)
    for (const [name, inner] of Object.entries(schema.entries ?? {})) visit(inner, `${at}/${name}`)
  }
  for (const { operationId, body, query = {} } of routes) {
    if (body) visit(body as unknown as Schema, operationId)
    visit({ type: "object", entries: query as unknown as Record<string, Schema> }, operationId)
  }
  assert.deepEqual(unlimited, [])
})

test("an answer names at most fifty errors, wherever they were found", async () => {
  const eventTypes = many(100).map((index) => `no.${index}`)
  const sources = many(100).map((index) => `src_${String(index).padStart(26, "0")}`)
  const answer = await api.call(`POST ${path}/endpoints`, { body: { url, eventTypes, sources } })
  assert.deepEqual([answer.status, answer.body.errors.length], [400, 50])
  const inherited = Object.fromEntries(many(50).map((index) => [`${index}`, "x".repeat(2000)]))
  const long = await api.call(`POST ${path}/endpoints`, { body: { url, metadata: inherited } })
  assert.deepEqual([long.status, long.body.code], [413, "body.too_large"])
})

test("a body may have 64 KB", async () => {
  const fits = JSON.stringify({ url }).padEnd(64 * 1024)
  assert.equal((await api.call(`POST ${path}/endpoints`, { text: fits })).status, 201)
  const over = await api.call(`POST ${path}/endpoints`, { text: `${fits} ` })
  assert.deepEqual([over.status, over.body.code], [413, "body.too_large"])
})

test("a compressed body is said to be one", async () => {
  const text = gzipSync(JSON.stringify({ name: "x" }))
  const headers = { "content-encoding": "gzip" }
  const answer = await api.call(`POST ${path}/keys`, { text, headers })
  assert.deepEqual([answer.status, answer.body.code], [415, "body.unsupported"])
  assert.match(answer.body.detail, /Content-Encoding/)
})
