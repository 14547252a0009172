import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { test, type TestContext } from "node:test"
import * as v from "valibot"
import { openApi } from "../../packages/cli/src/api.ts"

type Answer = (response: ServerResponse, count: number) => void

async function setUp(t: TestContext, answer: Answer) {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    request.resume().on("end", () => answer(response, asked.push(request)))
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { asked, api: openApi({ url, key: "k", isLocal: true }) }
}

/** The first answer is lost, before its beginning or in its middle. */
const losing =
  (isBegun: boolean): Answer =>
  (response, count) => {
    if (count > 1) return void response.end('{"id":"x"}')
    if (!isBegun) return void response.destroy()
    response.writeHead(200, { "content-length": 10 })
    response.write("{", () => response.destroy())
  }

for (const isBegun of [false, true]) {
  test(`a lost answer is asked for again under the same key, ${isBegun ? "begun" : "not begun"}`, async (t) => {
    const { asked, api } = await setUp(t, losing(isBegun))
    assert.deepEqual(await api.post(v.unknown(), "/tenants", { name: "x" }), { id: "x" })
    const [key, again] = asked.map(({ headers }) => headers["idempotency-key"])
    assert.ok(key)
    assert.equal(again, key)
    assert.equal(asked.length, 2)
  })
}

test("what may be done already is not deleted twice, and what stays lost is said", async (t) => {
  const { asked, api } = await setUp(t, (response) => void response.destroy())
  await assert.rejects(api.delete("/tenants/x"), /cannot be reached .*npm start/)
  assert.equal(asked.length, 1)
  await assert.rejects(api.get(v.unknown(), "/tenants"), /cannot be reached/)
  assert.equal(asked.length, 3)
})
