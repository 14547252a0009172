import assert from "node:assert/strict"
import { once } from "node:events"
import { request } from "node:http"
import type { AddressInfo } from "node:net"
import { after, before, test } from "node:test"
import { createAdaptorServer } from "@hono/node-server"
import { handle } from "hono/aws-lambda"
import { createApi } from "@ringback/functions/api/index"
import { until } from "../harness/until.ts"
import { OPERATOR_KEY, startApi, type TestApi } from "./api.ts"

let api: TestApi
let server: ReturnType<typeof createAdaptorServer>
let url: string
before(async () => {
  api = await startApi()
  server = createAdaptorServer(createApi(api.deps))
  await once(server.listen(0, "127.0.0.1"), "listening")
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(async () => {
  server.close()
  await api.close()
})

const headers = { authorization: `Bearer ${OPERATOR_KEY}`, "content-type": "application/json" }

test("over a socket a body that is too large is refused, whether it says its length or not", async () => {
  const body = `{"name":"${"x".repeat(1024 * 1024)}"}`
  const known = await fetch(`${url}/v1/tenants`, { method: "POST", headers, body })
  assert.equal(known.status, 413)
  const chunked = await new Promise<number | undefined>((resolve, reject) => {
    const sent = request(`${url}/v1/tenants`, { method: "POST", headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.on("error", reject)
    // Not ended: who is refused need not send the rest.
    sent.write(body)
  })
  assert.equal(chunked, 413)
  const good = await fetch(`${url}/v1/tenants`, { method: "POST", headers, body: '{"name":"x"}' })
  assert.equal(good.status, 201)
})

test("a body that its client cuts off is the client's fault in the log, not ours", async () => {
  const before = api.logged.length
  const sent = request(`${url}/v1/tenants`, {
    method: "POST",
    headers: { ...headers, "content-length": "1000" },
  })
  sent.on("error", () => {})
  const begun = once(server, "request")
  sent.write('{"name":')
  await begun
  sent.destroy()
  const answered = () => api.logged.slice(before).find(({ event }) => event === "api.answered")
  const line = await until(answered)
  assert.deepEqual([line["status"], line["reason"]], [400, undefined])
})

test("an answer over a socket is as long as it says, HEAD is without a body", async () => {
  const answer = await fetch(`${url}/v1/tenants`, { headers })
  assert.match(answer.headers.get("content-type")!, /^application\/json/)
  const head = await fetch(`${url}/v1/tenants`, { method: "HEAD", headers })
  assert.deepEqual([head.status, await head.text()], [200, ""])
})

// As Lambda hands over what came to a function URL or an HTTP API.
const lambdaEvent = (method: string, path: string, body?: string) => ({
  version: "2.0",
  routeKey: "$default",
  rawPath: path,
  rawQueryString: "",
  headers: { ...headers, host: "api.test" },
  requestContext: { domainName: "api.test", http: { method, path } },
  body: body === undefined ? undefined : Buffer.from(body).toString("base64"),
  isBase64Encoded: body !== undefined,
})

test("the same API answers on Lambda", async () => {
  const lambda = handle(createApi(api.deps))
  const call = async (...args: Parameters<typeof lambdaEvent>) => {
    const answer = await lambda(lambdaEvent(...args) as never)
    return answer as { statusCode: number; body: string; headers: Record<string, string> }
  }
  const made = await call("POST", "/v1/tenants", '{"name":"Ærø"}')
  assert.equal(made.statusCode, 201)
  assert.equal(JSON.parse(made.body).name, "Ærø")
  const { id } = JSON.parse(made.body)
  assert.equal((await call("GET", `/v1/tenants/${id}`)).statusCode, 200)
  assert.equal((await call("DELETE", `/v1/tenants/${id}`)).statusCode, 204)
  const gone = await call("GET", `/v1/tenants/${id}`)
  assert.equal(gone.statusCode, 404)
  assert.match(gone.headers["content-type"]!, /problem\+json/)
  assert.equal((await call("PUT", "/v1/tenants", "{}")).statusCode, 405)
})

test("every request is one line of the log, without keys, secrets or bodies", async () => {
  const { body } = await api.call("POST /v1/tenants", { body: { name: "not for the log" } })
  await api.call(`GET /v1/tenants/${body.id}`)
  const [made, read] = api.logged.slice(-2) as [Record<string, unknown>, Record<string, unknown>]
  assert.deepEqual(
    [made["operation"], made["status"], made["caller"]],
    ["createTenant", 201, "operator"],
  )
  assert.deepEqual([read["operation"], read["tenant"]], ["getTenant", body.id])
  await api.call(`GET /v1/tenants/rbk_in_the_wrong_place`)
  const all = JSON.stringify(api.logged)
  for (const secret of [OPERATOR_KEY, "not for the log", "rbk_"]) assert.ok(!all.includes(secret))
})

test("an outage is a 500 that tells nothing, and the log tells all", async () => {
  const table = { ...api.deps.table, name: "no-such-table" }
  const logged: Record<string, unknown>[] = []
  const log = (event: string, fields: object) => logged.push({ event, ...fields })
  const app = createApi({ ...api.deps, table, log })
  const answer = await app.request("/v1/tenants", { headers })
  const problem = (await answer.json()) as Record<string, unknown>
  assert.deepEqual(
    [answer.status, problem["code"], problem["detail"]],
    [500, "internal", undefined],
  )
  assert.match(String(logged[0]!["reason"]), /ResourceNotFound/)
  assert.equal(logged[0]!["requestId"], problem["requestId"])
})
