import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import * as Endpoint from "@ringback/store/endpoint"
import { startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { makeEndpoint, pumpAll } from "../harness/system.ts"
import { until } from "../harness/until.ts"
import { makeTenant, startApi, type TestApi } from "./api.ts"
import { makeWorld } from "./world.ts"

let api: TestApi
let receiver: TestReceiver
before(async () => {
  api = await startApi({ limits: { endpoints: 3, keys: 3, sources: 3 } })
  receiver = await startReceiver()
})
after(async () => {
  await receiver.close()
  await api.close()
})

const url = "https://example.invalid/"

test("a tenant has so many endpoints, keys and sources, and room again for what it deletes", async () => {
  const { path } = await makeTenant(api)
  const bodies = { endpoints: { url }, keys: { name: "x" }, sources: { name: "x" } }
  for (const [room, body] of Object.entries(bodies)) {
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => api.call(`POST ${path}/${room}`, { body })),
    )
    const refused = answers.filter(({ status }) => status !== 201)
    for (const each of refused) {
      assert.deepEqual([each.status, each.body.code], [409, "limit.reached"])
      assert.match(each.body.detail, new RegExp(`3 ${room}`))
    }
    const { body: listed } = await api.call(`GET ${path}/${room}`)
    assert.equal(listed.data.length, 3)
    await api.call(`DELETE ${path}/${room}/${listed.data[0].id}`)
    assert.equal((await api.call(`POST ${path}/${room}`, { body })).status, 201)
    assert.equal((await api.call(`POST ${path}/${room}`, { body })).status, 409)
  }
})

test("a source whose tokens are as many as may be valid can be rotated without an overlap", async () => {
  const { path } = await makeTenant(api)
  const made = await api.call(`POST ${path}/sources`, { body: { name: "x" } })
  const rotate = (body: object) => api.call(`POST ${path}/sources/${made.body.id}/rotate`, { body })
  for (let count = 1; count < 20; count++) assert.equal((await rotate({})).status, 200)
  const refused = await rotate({ overlapSeconds: 1 })
  assert.deepEqual([refused.status, refused.body.code], [409, "conflict.secrets"])
  const check = (key: string) => api.call("GET /v1/collector/check", { key })
  assert.equal((await check(made.body.token)).status, 200)
  const { status, body } = await rotate({ overlapSeconds: 0 })
  assert.equal(status, 200)
  assert.equal((await check(made.body.token)).status, 401)
  assert.equal((await check(body.token)).status, 200)
  assert.equal((await rotate({})).status, 200)
})

const KB = 1024
const metadata = (bytes: number) =>
  Object.fromEntries(
    Array.from({ length: Math.ceil(bytes / 900) }, (_, index) => [`${index}`, "x".repeat(900)]),
  )

test("an endpoint's own text has at most 16 KB together; one that was larger may shrink, not grow", async () => {
  const { id, path } = await makeTenant(api)
  const headers = Object.fromEntries([0, 1].map((index) => [`x-${index}`, "x".repeat(4000)]))
  const over = { url, headers, metadata: metadata(9 * KB) }
  const refused = await api.call(`POST ${path}/endpoints`, { body: over })
  assert.deepEqual([refused.status, refused.body.code], [400, "request.invalid"])
  assert.match(refused.body.detail, /16 KB/)

  const made = await api.call(`POST ${path}/endpoints`, { body: { url, headers } })
  const at = `PATCH ${path}/endpoints/${made.body.id}`
  assert.equal((await api.call(at, { body: { metadata: metadata(9 * KB) } })).status, 400)
  assert.equal((await api.call(at, { body: { metadata: metadata(6 * KB) } })).status, 200)

  const fat = await makeEndpoint(api.deps, id, url, { headers, metadata: metadata(12 * KB) })
  const fatAt = `PATCH ${path}/endpoints/${fat.endpoint.id}`
  assert.equal((await api.call(fatAt, { body: { disabled: true } })).status, 200)
  assert.equal((await api.call(fatAt, { body: { description: "more" } })).status, 400)
  assert.equal((await api.call(fatAt, { body: { metadata: metadata(11 * KB) } })).status, 200)
})

test("two changes at once do not pass the limit together", async () => {
  const { id, path } = await makeTenant(api)
  const made = await api.call(`POST ${path}/endpoints`, { body: { url } })
  const at = `PATCH ${path}/endpoints/${made.body.id}`
  const filter = { "data.status": Array.from({ length: 10 }, () => "x".repeat(900)) }
  const answers = await Promise.all(
    [{ filter }, { metadata: metadata(9 * KB) }].map((body) => api.call(at, { body })),
  )
  assert.deepEqual(
    answers.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 400],
  )
  const { filter: kept, metadata: others } = (await Endpoint.get(api.deps.table, id, made.body.id))!
  assert.ok(JSON.stringify([kept, others]).length < 16 * KB)
})

test("an endpoint is tested once at a time, a tenant's five at once, and never for ever", async () => {
  const { id, path } = await makeTenant(api)
  const silent: (() => void)[] = []
  receiver.behave((_, response) => void silent.push(() => response.writeHead(204).end()))
  const ids = await Promise.all(
    Array.from(
      { length: 6 },
      async () => (await makeEndpoint(api.deps, id, receiver.url)).endpoint.id,
    ),
  )
  const run = (endpointId: string) =>
    api.call(`POST ${path}/endpoints/${endpointId}/test`, { body: {} })
  const running = ids.slice(0, 5).map(run)
  await until(() => silent.length === 5)
  const again = await run(ids[0]!)
  assert.deepEqual([again.status, again.body.code], [409, "conflict.running"])
  const sixth = await run(ids[5]!)
  assert.deepEqual([sixth.status, sixth.body.code], [429, "rate_limit.exceeded"])
  assert.match(sixth.body.detail, /^Only 5 /)
  assert.ok(Number(sixth.headers.get("retry-after")) > 0)
  for (const answer of silent) answer()
  for (const each of await Promise.all(running)) assert.equal(each.body.delivered, true)
  // A silent receiver is given up on, and whoever waits is told.
  const late = await run(ids[5]!)
  assert.deepEqual([late.status, late.body.delivered], [200, false])
  assert.match(late.body.error, /within 4 s/)
})

test("an endpoint is recovered once at a time: 409 names the job until it is done", async () => {
  receiver.behave((_, response) => void response.writeHead(204).end())
  const { path, ids } = await makeWorld(api, receiver.url)
  const at = `POST ${path}/endpoints/${ids["endpointId"]}/recover`
  const body = { since: "2026-11-01T00:00:00Z" }
  const all = await Promise.all(Array.from({ length: 5 }, () => api.call(at, { body })))
  const [started, ...more] = all.filter(({ status }) => status === 202)
  assert.equal(more.length, 0)
  for (const refused of all.filter(({ status }) => status !== 202)) {
    assert.deepEqual([refused.status, refused.body.code], [409, "conflict.running"])
    assert.equal(refused.body.jobId, started!.body.jobId)
    assert.ok(refused.body.detail.includes(started!.body.jobId))
  }
  assert.equal((await api.call(at, { body: { ...body, dryRun: true } })).status, 200)
  await pumpAll(api.stack, api.deps)
  const next = await api.call(at, { body })
  assert.equal(next.status, 202)
  await pumpAll(api.stack, api.deps)
})

test("the deliveries of an event that was replayed often come in pages, each once, the newest first", async () => {
  const { path, ids } = await makeWorld(api, receiver.url)
  const at = `${path}/events/${ids["eventId"]}`
  for (let count = 0; count < 5; count++) await api.call(`POST ${at}/replay`, { body: {} })
  const whole = await api.call(`GET ${at}`)
  assert.equal(whole.body.deliveries.length, 6)
  assert.equal("nextCursor" in whole.body, false)
  for (const limit of [1, 2, 3, 5, 6]) {
    const seen: { id: string; createdAt: string }[] = []
    let cursor: string | undefined
    do {
      const query = cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`
      const { body } = await api.call(`GET ${at}?limit=${limit}${query}`)
      assert.ok(body.deliveries.length <= limit)
      seen.push(...body.deliveries)
      cursor = body.nextCursor
    } while (cursor !== undefined)
    assert.equal(new Set(seen.map(({ id }) => id)).size, 6, `limit ${limit}`)
    assert.equal(seen.length, 6)
    assert.equal(seen.at(-1)!.id, ids["deliveryId"])
  }
})
