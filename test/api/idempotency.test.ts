import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { after, before, test } from "node:test"
import { createApi } from "@ringback/functions/api/index"
import * as Idempotency from "@ringback/store/idempotency"
import * as Lease from "@ringback/store/lease"
import { countedClients, type Counts } from "../harness/counted.ts"
import { makeTenant, OPERATOR_KEY, startApi, type TestApi } from "./api.ts"

let now = Date.parse("2026-11-22T06:00:00Z")
let api: TestApi
before(async () => void (api = await startApi({ now: () => now })))
after(() => api.close())

const DAY_MS = 24 * 3600 * 1000

test("fifty POSTs at once with one Idempotency-Key make one thing, and get its answer or are told to ask again", async () => {
  const { path } = await makeTenant(api)
  const headers = { "idempotency-key": "twins" }
  const body = { name: "one" }
  const ask = () => api.call(`POST ${path}/keys`, { headers, body })
  const all = await Promise.all(Array.from({ length: 50 }, ask))
  const early = all.filter(({ status }) => status === 409)
  for (const each of early) assert.equal(each.body.code, "idempotency.in_progress")
  const answers = all.filter(({ status }) => status !== 409)
  for (let count = 0; count < early.length; count++) answers.push(await ask())
  for (const answer of answers)
    assert.deepEqual([answer.status, answer.text], [201, answers[0]!.text])
  const replayed = answers.filter((each) => each.headers.get("idempotency-replayed") === "true")
  assert.equal(replayed.length, 49)
  const listed = await api.call(`GET ${path}/keys`)
  assert.equal(listed.body.data.filter(({ name }: { name: string }) => name === "one").length, 1)
})

test("the same key gets the same answer for a day, secrets and headers included", async () => {
  const { path } = await makeTenant(api)
  const headers = { "idempotency-key": "again" }
  const body = { url: "https://example.invalid/" }
  const first = await api.call(`POST ${path}/endpoints`, { headers, body })
  now += DAY_MS - 1000
  const again = await api.call(`POST ${path}/endpoints`, { headers, body })
  assert.deepEqual([again.status, again.text], [201, first.text])
  for (const name of ["location", "etag"])
    assert.equal(again.headers.get(name), first.headers.get(name))
  now += 2000
  const later = await api.call(`POST ${path}/endpoints`, { headers, body })
  assert.notEqual(later.body.id, first.body.id)
})

test("the same key for something else is refused", async () => {
  const { path, key } = await makeTenant(api)
  const headers = { "idempotency-key": "other" }
  await api.call(`POST ${path}/sources`, { headers, body: { name: "a" } })
  for (const [route, name] of [
    [`POST ${path}/sources`, "b"],
    [`POST ${path}/keys`, "a"],
  ] as const) {
    const answer = await api.call(route, { headers, body: { name } })
    assert.deepEqual([answer.status, answer.body.code], [409, "idempotency.mismatch"])
  }
  // Another caller's key is another key.
  const own = await api.call(`POST ${path}/sources`, { key, headers, body: { name: "b" } })
  assert.equal(own.status, 201)
})

test("what had no effect is not remembered", async () => {
  const { path } = await makeTenant(api)
  const headers = { "idempotency-key": "mistaken" }
  const url = { url: "https://10.0.0.1/" }
  assert.equal((await api.call(`POST ${path}/endpoints`, { headers, body: url })).status, 400)
  const body = { url: "https://example.invalid/" }
  assert.equal((await api.call(`POST ${path}/endpoints`, { headers, body })).status, 201)
})

test("an Idempotency-Key that is none is refused", async () => {
  const { path } = await makeTenant(api)
  for (const value of ["", "x".repeat(256), "\u00e9"]) {
    const headers = { "idempotency-key": value }
    const answer = await api.call(`POST ${path}/keys`, { headers, body: { name: "x" } })
    assert.deepEqual([answer.status, answer.body.errors[0].path], [400, "/Idempotency-Key"])
  }
})

/** A request whose first copy never ends; what another costs; how long that waited. */
async function askAgain(id: string) {
  const asked = { scope: id, key: '["operator","waits"]', fingerprint: "" }
  const first = await Idempotency.claim(api.deps.table, {
    ...asked,
    fingerprint: createHash("sha256")
      .update(JSON.stringify([`/v1/tenants/${id}/keys`, '{"name":"x"}']))
      .digest("base64url"),
  })
  assert.equal(first.outcome, "first")
  const counts: Counts = {}
  const clients = countedClients(api.stack, counts, "waiter")
  const other = createApi({ ...api.deps, table: { ...api.deps.table, client: clients.dynamodb } })
  const startedAt = performance.now()
  const answer = await other.request(`/v1/tenants/${id}/keys`, {
    method: "POST",
    body: '{"name":"x"}',
    headers: {
      authorization: `Bearer ${OPERATOR_KEY}`,
      "content-type": "application/json",
      "idempotency-key": "waits",
    },
  })
  const durationMs = performance.now() - startedAt
  clients.close()
  assert.equal(answer.status, 409)
  assert.equal(answer.headers.get("retry-after"), "1")
  assert.equal(((await answer.json()) as { code: string }).code, "idempotency.in_progress")
  assert.equal(counts["waiter"]!["dynamodb:PutItem"], 1)
  return { counts: counts["waiter"]!, durationMs }
}

test("whoever waits for another's answer claims once, reads ever more seldom, and gives up within a second", async () => {
  const { id } = await makeTenant(api)
  const { counts, durationMs } = await askAgain(id)
  // The tenant, three times; the claim; four looks; its place taken and given back.
  assert.ok(counts["dynamodb:GetItem"]! <= 10, JSON.stringify(counts))
  assert.equal(counts["dynamodb:UpdateItem"], 2)
  assert.ok(durationMs >= 700 && durationMs < 3000, `${durationMs} ms`)
})

test("four of a tenant's requests wait for another's answer; the next looks once and is told to ask again", async () => {
  const { id } = await makeTenant(api)
  const { table } = api.deps
  const places = ["1", "2", "3", "4"].map((name) => {
    return { tenant: id, kind: "WAIT", name: `REPEAT#${name}`, owner: "another instance" }
  })
  for (const place of places) await Lease.take(table, place, { limit: 8, leaseMs: 60_000 })
  const { counts } = await askAgain(id)
  assert.equal(counts["dynamodb:UpdateItem"], undefined)
  const looks = counts["dynamodb:GetItem"]!
  const other = await makeTenant(api)
  assert.ok((await askAgain(other.id)).counts["dynamodb:GetItem"]! >= looks + 3)
})
