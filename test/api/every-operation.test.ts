import assert from "node:assert/strict"
import { gzipSync } from "node:zlib"
import { after, before, test } from "node:test"
import { startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { startApi, type TestApi } from "./api.ts"
import { operations, type Operation } from "./conformance.ts"
import { fill, idIn, makeWorld, withId, type World } from "./world.ts"

let api: TestApi
let receiver: TestReceiver
let ours: World
let theirs: World

before(async () => {
  api = await startApi()
  receiver = await startReceiver()
  ours = await makeWorld(api, receiver.url)
  theirs = await makeWorld(api, receiver.url)
})
after(async () => {
  await receiver.close()
  await api.close()
})

const isOpen = (operation: Operation) => operation.security.length === 0
const isOperators = (operation: Operation) =>
  "operatorKey" in (operation.security[0] ?? {}) && operation.security.length === 1
const isSources = (operation: Operation) => "sourceToken" in (operation.security[0] ?? {})
const bodyOf = ({ requestBody }: Operation) =>
  requestBody && { body: requestBody.content["application/json"].example }

for (const { method, path, operation } of operations) {
  const { operationId } = operation
  const route = (ids: Record<string, string>) => `${method} ${fill(path, ids)}`

  test(`${operationId} tells nothing to who has no key, or a key that is none`, async () => {
    if (isOpen(operation)) {
      const answer = await api.call(route(ours.ids), { key: null })
      return assert.equal(answer.status, 200)
    }
    const keys = [null, "", "nonsense", ours.key.slice(0, -1), `${ours.key.slice(0, -1)}0`]
    for (const key of keys) {
      if (key === ours.key) continue
      const answer = await api.call(route(ours.ids), { key, ...bodyOf(operation) })
      assert.equal(answer.status, 401, answer.text)
      assert.match(answer.headers.get("www-authenticate")!, /^Bearer/)
    }
    const other = { authorization: `Basic ${btoa("a:b")}` }
    const answer = await api.call(route(ours.ids), { key: null, headers: other })
    assert.equal(answer.status, 401)
  })

  test(`${operationId} does not show a tenant to another tenant's key`, async () => {
    const answer = await api.call(route(ours.ids), { key: theirs.key, ...bodyOf(operation) })
    if (isOperators(operation)) return assert.equal(answer.status, 403, answer.text)
    if (path.includes("{tenantId}")) return assert.equal(answer.status, 404, answer.text)
    if (isSources(operation)) return assert.equal(answer.status, 401, answer.text)
    return assert.equal(answer.status, 200, answer.text)
  })

  const [, inner] = /\{tenantId\}.*\{(\w+)\}/.exec(path) ?? []
  if (inner) {
    test(`${operationId} does not find another tenant's thing below one's own path`, async () => {
      const mixed = withId(theirs.ids, path, inner, idIn(ours.ids, path, inner))
      for (const key of [theirs.key, undefined]) {
        const answer = await api.call(route(mixed), { ...(key && { key }), ...bodyOf(operation) })
        assert.equal(answer.status, 404, answer.text)
      }
    })
  }

  test(`${operationId} answers junk with what is wrong with it`, async () => {
    const target = route(ours.ids)
    const own = isSources(operation) ? { key: ours.token } : {}
    const unknown = await api.call(`${target}?surprise=1`, { ...own, ...bodyOf(operation) })
    assert.deepEqual([unknown.status, unknown.body.code], [400, "request.invalid"])
    assert.equal(unknown.body.errors[0].path, "/surprise")
    for (const name of Object.keys(ours.ids)) {
      if (!path.includes(`{${name}}`)) continue
      for (const junk of [
        "x",
        "%00",
        "..%2f",
        "a".repeat(3000),
        ours.ids[name]!.toUpperCase() + "!",
      ]) {
        const answer = await api.call(route(withId(ours.ids, path, name, junk)), bodyOf(operation))
        assert.equal(answer.status, 404, `${junk}: ${answer.text}`)
      }
    }
    const limited = operation.parameters.some(({ name }) => name === "limit")
    for (const limit of limited ? ["0", "251", "-1", "1.5", "ten", "", "1e2", "1&limit=2"] : []) {
      const answer = await api.call(`${target}?limit=${limit}`)
      assert.deepEqual([answer.status, answer.body.code], [400, "request.invalid"], limit)
    }
    for (const cursor of limited ? ["x", "s1.", "s1.AAAA", "a".repeat(5000)] : []) {
      const answer = await api.call(`${target}?cursor=${cursor}`)
      assert.equal(answer.status, 400)
    }
    if (!operation.requestBody) return
    const refused: [string | Uint8Array, string, number, string][] = [
      ["{", "application/json", 400, "request.malformed"],
      ["[]", "application/json", 400, "request.invalid"],
      ["null", "application/json", 400, "request.invalid"],
      ['"text"', "application/json", 400, "request.invalid"],
      ['{"surprise":1}', "application/json", 400, "request.invalid"],
      ['{"__proto__":{}}', "application/json", 400, "request.invalid"],
      [Uint8Array.of(0x7b, 0xff, 0x7d), "application/json", 400, "request.malformed"],
      ["[".repeat(60_000), "application/json", 400, "request.malformed"],
      ["{}", "text/plain", 415, "body.unsupported"],
      ["a=b", "application/x-www-form-urlencoded", 415, "body.unsupported"],
      [`{"name":"${"x".repeat(64 * 1024)}"}`, "application/json", 413, "body.too_large"],
    ]
    for (const [text, type, status, code] of refused) {
      const answer = await api.call(target, { text, headers: { "content-type": type } })
      const shown = `${text.slice(0, 40)} ${answer.text}`
      assert.deepEqual([answer.status, answer.body.code], [status, code], shown)
    }
    const packed = await api.call(target, {
      text: gzipSync("{}"),
      headers: { "content-encoding": "gzip" },
    })
    assert.deepEqual([packed.status, packed.body.code], [415, "body.unsupported"])
  })
}

test("an unknown route is not found, a known one names the methods that it takes", async () => {
  for (const path of ["/v1", "/v2/tenants", "/v1/tenants/", "/v1/tenants//keys"]) {
    const answer = await api.call(`GET ${path}`)
    assert.deepEqual([answer.status, answer.body.code], [404, "not_found"], path)
  }
  const answer = await api.call("PUT /v1/tenants", { body: {} })
  assert.deepEqual([answer.status, answer.headers.get("allow")], [405, "POST, GET, HEAD"])
  const head = await api.call("HEAD /healthz", { key: null })
  assert.deepEqual([head.status, head.text], [200, ""])
})
