import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { after, test, type TestContext } from "node:test"
import { startTokenCheck } from "@ringback/collector/token-check"
import { until } from "../harness/until.ts"

/** An API that answers with the status as it is at the time, or redirects, or says nothing. */
async function startApi() {
  const asked: IncomingMessage[] = []
  const api = { status: 200, location: "", asked, url: "" }
  const server = createServer((request, response) => {
    asked.push(request)
    if (api.status === 0) return void request.socket.destroy()
    response.writeHead(api.status, api.location ? { location: api.location } : {}).end("{}")
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  api.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return api
}

type Said = { event: string; fields: Record<string, unknown> }

function watch(t: TestContext, apiUrl: string, token = () => "rbs_secret", everyMs = 20) {
  const said: Said[] = []
  const log = (event: string, fields = {}) => void said.push({ event, fields })
  const check = startTokenCheck({ apiUrl, token, everyMs, log })
  t.after(() => check.stop())
  return { said, ...check }
}

test("each change of the API's verdict is said once, and only a refusal is an alarm", async (t) => {
  const api = await startApi()
  let token = "rbs_one"
  const { said } = watch(t, api.url, () => token)
  /** Until two requests were answered that had begun after this. */
  const asksAgain = async () => {
    const before = api.asked.length
    await until(() => api.asked.length >= before + 4)
  }
  await asksAgain()
  assert.equal(said.length, 0, "a good token at the start is no news")
  const verdicts: [status: number, event: string, reason: RegExp, alarm: true | undefined][] = [
    [401, "token.refused", /answered 401/, true],
    [500, "token.unchecked", /answered 500/, undefined],
    [204, "token.good", /^""$/, undefined],
    [404, "token.unchecked", /answered 404/, undefined],
    [401, "token.refused", /answered 401/, true],
    [0, "token.unchecked", /other side closed|ECONNRESET/, undefined],
    [200, "token.good", /^""$/, undefined],
  ]
  for (const [status, event, reason, alarm] of verdicts) {
    said.splice(0)
    api.status = status
    token = `rbs_${status}`
    await until(() => said.length > 0)
    await asksAgain()
    assert.equal(said.length, 1)
    const [{ event: name, fields }] = said as [Said]
    assert.equal(name, event)
    assert.match(JSON.stringify(fields["reason"] ?? ""), reason)
    assert.equal(fields["alarm"], alarm)
    assert.equal(typeof fields["fix"], alarm ? "string" : "undefined")
  }
  const { url, method, headers } = api.asked.at(-1)!
  const request = { url, method, authorization: headers.authorization }
  const expected = { url: "/v1/collector/check", method: "GET", authorization: "Bearer rbs_200" }
  assert.deepEqual(request, expected)
})

test("the token goes to no other address than the one that is set", async (t) => {
  const [api, other] = [await startApi(), await startApi()]
  Object.assign(api, { status: 307, location: other.url })
  const { said } = watch(t, api.url)
  await until(() => said.length > 0)
  assert.equal(said[0]!.event, "token.unchecked")
  assert.equal(other.asked.length, 0)
})

test("the API is asked at the start, and every ten minutes", async (t) => {
  const api = await startApi()
  t.mock.timers.enable({ apis: ["setInterval"] })
  const log = () => {}
  const check = startTokenCheck({ apiUrl: api.url, token: () => "rbs_secret", log })
  t.after(() => check.stop())
  await until(() => api.asked.length === 1)
  t.mock.timers.tick(10 * 60_000 - 1)
  t.mock.timers.tick(1)
  await until(() => api.asked.length === 2)
  // Long enough for another one, had the first tick asked as well.
  const other = watch(t, api.url, () => "rbs_other", 1e6)
  await until(() => api.asked.length === 3)
  other.stop()
})

test("a check that was stopped asks no more and says no more", async (t) => {
  const api = await startApi()
  api.status = 401
  const { said, stop } = watch(t, api.url, () => "rbs_one", 1e6)
  stop()
  const next = watch(t, api.url, () => "rbs_two", 1e6)
  await until(() => next.said.length > 0)
  assert.deepEqual(said, [])
  const quick = watch(t, api.url, () => "rbs_three", 5)
  await until(() => quick.said.length > 0)
  quick.stop()
  const after = api.asked.length
  const last = watch(t, api.url, () => "rbs_four", 1e6)
  await until(() => last.said.length > 0)
  const late = api.asked
    .slice(after)
    .filter(({ headers }) => headers.authorization !== "Bearer rbs_four")
  assert.ok(late.length <= 1, "one may have been on its way")
})
