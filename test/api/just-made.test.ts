import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { letReadsMiss } from "../harness/lagging.ts"
import { startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { makeClients } from "../harness/stack.ts"
import { startApi, type TestApi } from "./api.ts"
import { neededQuery, operations } from "./conformance.ts"
import { fill, makeWorld } from "./world.ts"

// Whoever uses at once what they have just made must find it, also where a read may come from a copy that lacks it.

let api: TestApi
let late: TestApi
let receiver: TestReceiver
let clients: ReturnType<typeof makeClients>
before(async () => {
  api = await startApi()
  receiver = await startReceiver()
  clients = makeClients(api.stack)
  letReadsMiss(clients.dynamodb)
  late = await startApi({ stack: api.stack, clients })
})
after(async () => {
  clients.close()
  await receiver.close()
  await api.close()
})

for (const { method, path, operation } of operations) {
  const { operationId, requestBody, security } = operation
  test(`${operationId} finds what was made a moment ago`, async () => {
    const { ids, token, key } = await makeWorld(api, receiver.url)
    const route = `${method} ${fill(path, ids)}${neededQuery(operation)}`
    const body = requestBody?.content["application/json"].example
    const isSources = security.some((each) => "sourceToken" in each)
    const isTenants = security.some((each) => "tenantKey" in each)
    const by = isSources ? { key: token } : isTenants ? { key } : {}
    const answer = await late.call(route, { ...by, ...(body !== undefined && { body }) })
    assert.ok(answer.status < 300, `${route}: ${answer.text}`)
  })
}

test("what a body names a moment after it was made is found", async () => {
  const { path, key, ids } = await makeWorld(api, receiver.url)
  const { eventId, endpointId, sourceId } = ids
  const { url } = receiver
  for (const [route, body] of [
    [`POST ${path}/events/${eventId}/replay`, { endpointId }],
    [`POST ${path}/endpoints/preview`, { url, event: eventId }],
    [`POST ${path}/endpoints`, { url, sources: [sourceId] }],
  ] as const) {
    const answer = await late.call(route, { key, body })
    assert.ok(answer.status < 300, `${route}: ${answer.text}`)
  }
})

test("a change with If-Match finds what was made a moment ago", async () => {
  const { path, ids } = await makeWorld(api, receiver.url)
  for (const at of [
    path,
    `${path}/sources/${ids["sourceId"]}`,
    `${path}/endpoints/${ids["endpointId"]}`,
  ]) {
    const { headers } = await api.call(`GET ${at}`)
    const ifMatch = { "if-match": headers.get("etag")! }
    const answer = await late.call(`PATCH ${at}`, { headers: ifMatch, body: {} })
    assert.equal(answer.status, 200, `${at}: ${answer.text}`)
  }
})
