import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { Webhook } from "standardwebhooks"
import { createApi } from "@ringback/functions/api/index"
import { startApi as serveApi, type ApiServer } from "@ringback/local/api-server"
import * as Lease from "@ringback/store/lease"
import { makeTenant, startApi, type TestApi } from "../api/api.ts"
import { answer, startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { makeDeps, pumpAll } from "../harness/system.ts"
import { cli, startCli, until } from "./command.ts"

// Against the API as it is, with its table and queues; the workers run by hand.

let api: TestApi
let server: ApiServer
let receiver: TestReceiver
before(async () => {
  api = await startApi()
  server = await serveApi((request) => createApi(api.deps).fetch(request), 0)
  receiver = await startReceiver()
})
after(async () => {
  await receiver.close()
  await server.close()
  await api.close()
})

async function setUp(settings: object = {}) {
  const { path, key } = await makeTenant(api)
  const body = { pull: true, ...settings }
  const made = await api.call(`POST ${path}/endpoints`, { body })
  const source = await api.call(`POST ${path}/sources`, { body: { name: "PBX" } })
  const happen = async () => {
    await api.call(`POST ${path}/sources/${source.body.id}/test`, { body: {} })
    await pumpAll(api.stack, makeDeps(api.stack))
  }
  const statuses = async (): Promise<string[]> =>
    (await api.call(`GET ${path}/deliveries`)).body.data.map(
      ({ status }: { status: string }) => status,
    )
  const env = { RINGBACK_URL: server.url, RINGBACK_KEY: key }
  return { path, env, happen, statuses, endpointId: made.body.id, secret: made.body.secret }
}

test("what waits is posted as it was signed, and acknowledged once the receiver took it", async (t) => {
  const { env, happen, statuses, secret } = await setUp()
  await happen()
  const pulling = startCli(t, ["pull", "--forward-to", receiver.url, "--json"], env)
  await until("the first is delivered", async () => (await statuses())[0] === "delivered")
  await happen()
  await until("the next, too", async () => (await statuses()).every((each) => each === "delivered"))
  for (const { body, headers } of receiver.arrived) new Webhook(secret).verify(body, headers)
  const lines = pulling.written.out.trim().split("\n")
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).webhook.id),
    receiver.arrived.map(({ webhook }) => webhook.id),
  )
  pulling.stop()
  assert.equal((await pulling.finished).exitCode, 0)
})

for (const [transform, body] of [
  ['{"is": type}', '{"is":"campaign.updated"}'],
  ['{"$request": {"body": type}}', '"campaign.updated"'],
  ['{"data": "none", "id": 7, "type": null}', '{"data":"none","id":7,"type":null}'],
] as const) {
  test(`what a transform made of it is posted, shown and acknowledged: ${body}`, async (t) => {
    const { env, happen, statuses } = await setUp({ transform })
    receiver.arrived.length = 0
    await happen()
    const pulling = startCli(t, ["pull", "--forward-to", receiver.url], env)
    await until("it is delivered", async () => (await statuses())[0] === "delivered")
    await until("it is shown", () => pulling.written.out.includes("→ 204"))
    assert.deepEqual(
      receiver.arrived.map((each) => each.body),
      [body],
    )
    assert.match(pulling.written.out, /no type/)
    pulling.stop()
    assert.equal((await pulling.finished).exitCode, 0)
  })
}

test("what the receiver refuses is not acknowledged, and waits for the end of its lease", async (t) => {
  const { env, happen, statuses } = await setUp()
  receiver.behave((_, response) => answer(response, 500))
  receiver.arrived.length = 0
  await happen()
  const pulling = startCli(t, ["pull", "--forward-to", receiver.url], env)
  await until("it was tried", () => receiver.arrived.length === 1)
  await until("it says so", () => pulling.written.out.includes("→ 500"))
  pulling.stop()
  assert.equal((await pulling.finished).exitCode, 0)
  assert.deepEqual(await statuses(), ["pending"])
})

test("if too many wait already it says so, pauses, and gets what comes", async (t) => {
  const { path, env, happen, statuses } = await setUp()
  receiver.behave((_, response) => answer(response, 204))
  const tenant = path.split("/").at(-1)!
  for (const name of ["1", "2", "3", "4", "5", "6"]) {
    const place = { tenant, kind: "WAIT", name: `PULL#${name}`, owner: "another instance" }
    await Lease.take(api.deps.table, place, { limit: 8, leaseMs: 60_000 })
  }
  const fetches = () => api.logged.filter((each) => each["operation"] === "fetchMessages").length
  const earlier = fetches()
  const pulling = startCli(t, ["pull", "--forward-to", receiver.url], env)
  await until("it says so", () => pulling.written.err.includes("too many of the tenant's requests"))
  await happen()
  await until("it is delivered", async () => (await statuses())[0] === "delivered")
  assert.ok(fetches() - earlier <= 6, `${fetches() - earlier} fetches`)
  pulling.stop()
  assert.equal((await pulling.finished).exitCode, 0)
})

test("it says what is wrong: no endpoint, several, another's, a URL that is none", async () => {
  const { path, env, endpointId } = await setUp()
  const to = ["--forward-to", receiver.url]
  await api.call(`POST ${path}/endpoints`, { body: { pull: true } })
  const several = await cli(["pull", ...to], env)
  assert.equal(several.exitCode, 2)
  assert.match(several.err, /--endpoint ID/)
  assert.ok(several.err.includes(endpointId))
  const other = await setUp()
  const foreign = await cli(["pull", ...to, "--endpoint", endpointId], other.env)
  assert.equal(foreign.exitCode, 1)
  assert.match(foreign.err, /no such endpoint/)
  assert.equal((await cli(["pull", "--forward-to", "nowhere"], env)).exitCode, 2)
  assert.equal((await cli(["pull"], env)).exitCode, 2)
  const { path: bare, key } = await makeTenant(api)
  assert.ok(bare)
  const none = await cli(["pull", ...to], { ...env, RINGBACK_KEY: key })
  assert.match(none.err, /no endpoint with pull: true/)
})
