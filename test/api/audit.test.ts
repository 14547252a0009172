import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { randomUUID } from "node:crypto"
import * as ApiKey from "@ringback/store/api-key"
import { auditPartition } from "@ringback/store/item-keys"
import { queryAll } from "@ringback/store/live-item"
import { makeClients } from "../harness/stack.ts"
import { meteredClients, newMeter } from "../infra/cost/meter.ts"
import { makeTenant, startApi, type TestApi } from "./api.ts"

let api: TestApi
before(async () => void (api = await startApi()))
after(() => api.close())

type Entry = {
  id: string
  at: string
  actor: string
  action: string
  target: string | null
  changes: Record<string, unknown>
}

const listed = async (path: string, query = "", key?: string): Promise<Entry[]> => {
  const answer = await api.call(`GET ${path}/audit${query}`, key === undefined ? {} : { key })
  assert.equal(answer.status, 200, answer.text)
  return answer.body.data
}
const said = (entries: Entry[]) =>
  entries.map(({ actor, action, target }) => [actor, action, target])

test("each change is noted, newest first, with who made it and what it was about", async () => {
  const { id, path, key } = await makeTenant(api)
  const keyId = (await ApiKey.verify(api.deps.table, key))!.id
  const { body: endpoint } = await api.call(`POST ${path}/endpoints`, {
    key,
    body: { url: "https://example.invalid/" },
  })
  const at = `${path}/endpoints/${endpoint.id}`
  await api.call(`PATCH ${at}`, { key, body: { rateLimit: 7, description: null } })
  await api.call(`PATCH ${path}`, { body: { name: "Acme 2" } })
  await api.call(`DELETE ${at}`, { key })
  const entries = await listed(path, "", key)
  assert.deepEqual(said(entries), [
    [keyId, "deleteEndpoint", endpoint.id],
    ["operator", "updateTenant", id],
    [keyId, "updateEndpoint", endpoint.id],
    [keyId, "createEndpoint", endpoint.id],
    ["operator", "createKey", keyId],
    ["operator", "createTenant", id],
  ])
  assert.deepEqual(entries[2]!.changes, { rateLimit: 7, description: null })
  assert.ok(Math.abs(Date.parse(entries[0]!.at) - Date.now()) < 60_000)
})

test("what changes nothing leaves no entry: reads, refusals, tests, dry runs", async () => {
  const { path, key } = await makeTenant(api)
  const { body } = await api.call(`POST ${path}/endpoints`, { body: { url: "https://a.invalid/" } })
  const at = `${path}/endpoints/${body.id}`
  const before = (await listed(path)).length
  await api.call(`GET ${at}/secret`, { key })
  await api.call(`POST ${at}/test`, { key, body: {} })
  await api.call(`POST ${at}/recover`, {
    key,
    body: { since: "2026-11-01T00:00:00Z", dryRun: true },
  })
  assert.equal((await api.call(`PATCH ${at}`, { key, body: { rateLimit: -1 } })).status, 400)
  assert.equal((await api.call(`DELETE ${at}0`, { key })).status, 404)
  const refused = await api.call(`PATCH ${at}`, { key, body: { url: "http://10.0.0.1/" } })
  assert.equal(refused.status, 400)
  assert.equal((await listed(path)).length, before)
})

test("no secret is in it, whichever field has one", async () => {
  const { path } = await makeTenant(api)
  const secret = `whsec_${Buffer.alloc(32, "s3cr3t").toString("base64")}`
  const body = {
    url: "https://example.invalid/in-the-path/hook?token=in-the-query",
    secret,
    headers: { "x-receiver": "Bearer of-the-receiver" },
    description: "visible",
    auth: { type: "basic", username: "of-the-login", password: "of-the-password" },
    transform: '{"token": "in-the-transform"}',
  }
  const { body: endpoint, status, text } = await api.call(`POST ${path}/endpoints`, { body })
  assert.equal(status, 201, text)
  await api.call(`POST ${path}/endpoints/${endpoint.id}/secret/rotate`, { body: { secret } })
  await api.call(`POST ${path}/sources`, { body: { name: "PBX" } })
  const [id] = path.split("/").slice(-1)
  const items = JSON.stringify(await queryAll(api.deps.table, auditPartition(id!), ""))
  for (const text of [
    secret,
    "of-the-receiver",
    "in-the-query",
    "of-the",
    "in-the",
    "rbk_",
    "rbs_",
  ]) {
    assert.ok(!items.includes(text), text)
  }
  const [, rotated, created] = await listed(path)
  assert.deepEqual(created!.changes, {
    url: "https://example.invalid/********",
    eventTypes: null,
    sources: null,
    filter: null,
    description: "visible",
    headers: { "x-receiver": "********" },
    rateLimit: null,
    metadata: {},
    auth: { type: "basic", username: "********", password: "********" },
    transform: "(35 characters)",
    order: "any",
    pull: false,
    disabled: false,
    secret: "********",
  })
  assert.equal(rotated!.changes["secret"], "********")
})

test("it is found by time and by target, page by page, and by nobody of another tenant", async () => {
  const { path, key } = await makeTenant(api)
  const other = await makeTenant(api)
  const made: string[] = []
  for (let count = 0; count < 5; count++) {
    const { body } = await api.call(`POST ${path}/sources`, { key, body: { name: `PBX ${count}` } })
    made.push(body.id)
  }
  const all = await listed(path)
  assert.deepEqual(
    said(await listed(path, `?target=${made[2]}`)).map(([, , id]) => id),
    [made[2]],
  )
  const { at } = all.find(({ target }) => target === made[2])!
  const newer = await listed(path, `?after=${encodeURIComponent(at)}`)
  const older = await listed(path, `?before=${encodeURIComponent(at)}`)
  assert.ok(newer.every((each) => each.at > at) && older.every((each) => each.at < at))
  assert.ok(newer.length > 0 && older.length > 0)
  const paged: Entry[] = []
  for (let cursor = ""; ;) {
    const { body } = await api.call(`GET ${path}/audit?limit=2${cursor}`)
    paged.push(...body.data)
    if (body.nextCursor === null) break
    cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`
  }
  assert.deepEqual(paged, all)
  assert.equal((await api.call(`GET ${path}/audit`, { key: other.key })).status, 404)
  assert.equal((await api.call("GET /v1/audit", { key })).status, 403)
  assert.ok(
    !said(await listed(other.path))
      .flat()
      .includes(made[0]!),
  )
})

test("who deleted a tenant stays on record, with the operator", async () => {
  const { id, path } = await makeTenant(api)
  assert.equal((await api.call(`DELETE ${path}`)).status, 204)
  const { body } = await api.call(`GET /v1/audit?target=${id}`)
  assert.deepEqual(said(body.data), [["operator", "deleteTenant", id]])
})

test("what an Idempotency-Key answers a second time was done, and is noted, once", async () => {
  const { path } = await makeTenant(api)
  const headers = { "idempotency-key": randomUUID() }
  for (const isRepeat of [false, true]) {
    const answer = await api.call(`POST ${path}/sources`, { headers, body: { name: "PBX" } })
    assert.equal(answer.headers.get("idempotency-replayed"), isRepeat ? "true" : null)
  }
  const actions = (await listed(path)).map(({ action }) => action)
  assert.equal(actions.filter((action) => action === "createSource").length, 1)
})

test("an entry costs one write unit, however much was changed", async () => {
  const meter = newMeter()
  const clients = meteredClients(api.stack, meter)
  let now = Date.now()
  const metered = await startApi({ stack: api.stack, clients, now: () => now })
  const { path } = await makeTenant(api)
  const { body } = await api.call(`POST ${path}/sources`, { body: { name: "PBX" } })
  const rename = async (name: string) => {
    const before = meter.writeUnits
    // The changes of one second have one announcement.
    now += 1_000
    await metered.call(`PATCH ${path}/sources/${body.id}`, { body: { name } })
    return meter.writeUnits - before
  }
  // The change, its announcement to the workers' caches, and the entry.
  assert.equal(await rename("x"), 3)
  assert.equal(await rename("é".repeat(200)), 3)
  const filter = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`data.field${index}`, ["v".repeat(50)]]),
  )
  // After the renaming's entry, which lists sort by time.
  now += 1_000
  await metered.call(`POST ${path}/endpoints`, { body: { url: "https://a.invalid/", filter } })
  const [entry] = await listed(path)
  assert.match(String(entry!.changes["filter"]), /^\(\d+ characters\)$/)
  clients.close()
})

test("where the entry cannot be written the change is made all the same, and the log has the entry", async () => {
  const { path } = await makeTenant(api)
  const clients = makeClients(api.stack)
  clients.dynamodb.middlewareStack.add(
    (next) => async (args) => {
      const { Item } = args.input as { Item?: { action?: unknown } }
      if (Item?.action) throw new Error("the table is away")
      return next(args)
    },
    { step: "initialize" },
  )
  const broken = await startApi({ stack: api.stack, clients })
  const answer = await broken.call(`POST ${path}/sources`, { body: { name: "PBX" } })
  assert.equal(answer.status, 201)
  const line = broken.logged.find(({ event }) => event === "audit.unwritten")
  assert.deepEqual((line!["entry"] as Entry).action, "createSource")
  clients.close()
})
