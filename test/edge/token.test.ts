import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { serve } from "@hono/node-server"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { createApi } from "@ringback/functions/api/index"
import { formatSourceToken, makeSourceKey } from "@ringback/events/token"
import { makeSpoolDir, runCollector } from "../harness/collector.ts"
import { Pbx } from "../harness/pbx.ts"
import { makeCustomer } from "../harness/system.ts"
import { until } from "../harness/until.ts"
import { makeTenant, startApi, type TestApi } from "../api/api.ts"

let api: TestApi
before(async () => void (api = await startApi()))
after(() => api.close())

const check = (key: string) => api.call("GET /v1/collector/check", { key })

test("a source's token is good until it was rotated away, or its source or tenant deleted", async () => {
  const { id: tenant, path } = await makeTenant(api)
  const made = await api.call(`POST ${path}/sources`, { body: { name: "PBX" } })
  const { id: source, token } = made.body as { id: string; token: string }
  const good = await check(token)
  assert.deepEqual([good.status, good.body], [200, { tenant, source }])
  assert.equal((await check(`${token.slice(0, -5)}AAAAA`)).status, 401)
  assert.equal((await check(token.replace(/_[0-9a-f]{8}_/, "_00000000_"))).status, 401)

  const rotate = `POST ${path}/sources/${source}/rotate`
  const next = await api.call(rotate, { body: { overlapSeconds: 3600 } })
  assert.equal((await check(token)).status, 200)
  const last = await api.call(rotate, { body: { overlapSeconds: 0 } })
  assert.equal((await check(token)).status, 401)
  assert.equal((await check(next.body.token as string)).status, 401)
  assert.equal((await check(last.body.token as string)).status, 200)
  await api.call(`DELETE ${path}/sources/${source}`)
  assert.equal((await check(last.body.token as string)).status, 401)

  const other = await api.call(`POST ${path}/sources`, { body: { name: "PBX 2" } })
  await api.call(`DELETE ${path}`)
  assert.equal((await check(other.body.token as string)).status, 401)
})

test("a collector says once that its token is refused, and that another one is good", async (t) => {
  const server = serve({ fetch: createApi(api.deps).fetch, port: 0, hostname: "127.0.0.1" })
  await once(server, "listening")
  const pbx = await Pbx.start()
  const { dir, remove } = makeSpoolDir()
  const { source } = await makeCustomer(api.deps)
  const tokenOf = (key: ReturnType<typeof makeSourceKey>) =>
    formatSourceToken({ tenant: source.source.tenant, source: source.source.id, ...key })
  const queue = {
    url: api.stack.queues.Ingest.url,
    token: { text: tokenOf(makeSourceKey()) },
  }
  let calls = 0
  server.on("request", () => calls++)
  const collector = await runCollector(pbx, queue, dir, {
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokenCheckMs: 50,
  })
  t.after(async () => {
    await collector.stop()
    await pbx.close()
    server.close()
    remove()
  })
  await collector.ready
  const said = () => collector.lines.filter(({ event }) => event.startsWith("token."))
  await until(() => said().length > 0)
  // The answers to two more requests say the same, and are not logged again.
  const before = calls
  await until(() => calls >= before + 3)
  assert.deepEqual(
    said().map(({ event, alarm }) => [event, alarm]),
    [["token.refused", true]],
  )
  assert.ok(!JSON.stringify(collector.lines).includes(queue.token.text))
  await collector.reload({ ami: pbx.target, sourceToken: tokenOf(source.key) })
  await until(() => said().some(({ event }) => event === "token.good"))
})
