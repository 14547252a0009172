import assert from "node:assert/strict"
import { test } from "node:test"
import { gzipSync } from "node:zlib"
import { startReceiver, startSender } from "./receiver.ts"

test("posts the body as it was signed, with the endpoint's headers and our own", async (t) => {
  const receiver = await startReceiver(t)
  const { post } = startSender(t, { userAgent: "Ringback/1.2.3" })
  const body = JSON.stringify({ name: "zażółć ✓ 😀" })
  const headers = { "webhook-id": "evt_1", Authorization: "Bearer x", "X-Own": "blå" }
  const outcome = await post(`${receiver.origin}/a/b?c=%20d#`, { headers, body })
  assert.equal(outcome.ok, true)
  const [request] = receiver.requests
  assert.equal(request?.method, "POST")
  assert.equal(request?.url, "/a/b?c=%20d")
  assert.equal(request?.body, body)
  assert.deepEqual(request?.headers, {
    "webhook-id": "evt_1",
    authorization: "Bearer x",
    "x-own": "blå",
    host: `127.0.0.1:${receiver.port}`,
    "user-agent": "Ringback/1.2.3",
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    "accept-encoding": "identity",
    connection: "keep-alive",
  })
})

test("no stored header, in whatever letter case, takes the place of ours", async (t) => {
  const receiver = await startReceiver(t)
  const headers = {
    Host: "evil.test",
    "USER-AGENT": "x",
    "Content-Length": "1",
    "Content-Type": "x",
  }
  assert.ok((await startSender(t).post(receiver.origin, { headers })).ok)
  const [request] = receiver.requests
  assert.equal(request?.headers.host, `127.0.0.1:${receiver.port}`)
  assert.equal(request?.headers["user-agent"], "Ringback")
  assert.equal(request?.headers["content-type"], "application/json")
  assert.equal(request?.body, `{"a":1}`)
})

test("2xx is success and all else is not", async (t) => {
  const receiver = await startReceiver(t, ({ url }, response) => {
    response.writeHead(Number(url.slice(1))).end("why")
  })
  const { post } = startSender(t)
  for (const status of [200, 201, 202, 204, 206, 226, 299]) {
    const outcome = await post(`${receiver.origin}/${status}`)
    const { durationMs, ...rest } = outcome
    assert.ok(durationMs >= 0)
    const nothing = {
      error: null,
      responseBody: null,
      retryAfterMs: null,
      isGone: false,
      mayHaveArrived: false,
    }
    assert.deepEqual(rest, { ok: true, statusCode: status, ...nothing })
  }
  for (const status of [300, 304, 400, 401, 404, 409, 410, 422, 429, 500, 502, 503, 504, 599]) {
    const outcome = await post(`${receiver.origin}/${status}`)
    assert.equal(outcome.ok, false)
    assert.equal(outcome.statusCode, status)
    assert.match(outcome.error ?? "", new RegExp(`^answered ${status}`))
    assert.equal(outcome.responseBody, status === 304 ? null : "why")
    assert.equal(outcome.isGone, status === 410)
  }
})

test("redirects are failures and nobody is asked there", async (t) => {
  const trap = await startReceiver(t)
  const receiver = await startReceiver(t, ({ url }, response) => {
    const location = `${trap.origin}/hooks/?token=secret#top`
    response.writeHead(Number(url.slice(1)), { location }).end()
  })
  const { post } = startSender(t)
  for (const status of [301, 302, 303, 307, 308]) {
    const outcome = await post(`${receiver.origin}/${status}`)
    const target = `${trap.origin}/hooks/`
    assert.equal(outcome.error, `answered ${status}: redirects are not followed (to ${target}...)`)
    assert.equal(outcome.ok, false)
  }
  assert.equal(trap.connections(), 0)
})

test("a redirect's target is said as an absolute URL, without credentials, and not at any length", async (t) => {
  const locations = [
    "/hooks",
    "https://user:secret@b.test/",
    `/${"x".repeat(5_000)}`,
    "https://",
    "",
  ]
  const receiver = await startReceiver(t, ({ url }, response) => {
    response.writeHead(308, { location: locations[Number(url.slice(1))]! }).end()
  })
  const { post } = startSender(t)
  const said = async (index: number) =>
    (await post(`${receiver.origin}/${index}`)).error?.replace(
      "answered 308: redirects are not followed",
      "",
    )
  assert.equal(await said(0), ` (to ${receiver.origin}/hooks)`)
  assert.equal(await said(1), " (to https://b.test/)")
  assert.match((await said(2)) ?? "", /^.{300,320}x\.\.\.\)$/)
  assert.equal(await said(3), "")
  assert.equal(await said(4), ` (to ${receiver.origin}/4)`)
})

test("Retry-After counts on 429 and 503 alone", async (t) => {
  const now = Date.UTC(2026, 0, 1)
  const receiver = await startReceiver(t, ({ url }, response) => {
    const [, status, value] = url.split("/")
    response.writeHead(Number(status), { "retry-after": decodeURIComponent(value!) }).end()
  })
  const { post } = startSender(t, { now: () => now })
  const retryAfter = async (status: number, value: string) =>
    (await post(`${receiver.origin}/${status}/${encodeURIComponent(value)}`)).retryAfterMs
  assert.equal(await retryAfter(429, "7"), 7_000)
  assert.equal(await retryAfter(503, new Date(now + 90_000).toUTCString()), 90_000)
  assert.equal(await retryAfter(503, "999999"), 86_400_000)
  for (const status of [200, 302, 410, 500, 502]) assert.equal(await retryAfter(status, "7"), null)
})

test("of a failure's body 1 KB of whole characters is kept", async (t) => {
  const bodies: Record<string, Buffer> = {
    "/long": Buffer.from("é".repeat(5_000)),
    "/odd": Buffer.from(`x${"é".repeat(5_000)}`),
    "/not-text": Buffer.alloc(5_000, 0xff),
    "/control": Buffer.from("a\0b\nc"),
    "/empty": Buffer.alloc(0),
  }
  const receiver = await startReceiver(t, ({ url }, response) => {
    response.statusCode = 500
    response.end(bodies[url])
  })
  const { post } = startSender(t)
  const kept = async (path: string) => (await post(receiver.origin + path)).responseBody
  assert.equal(await kept("/long"), "é".repeat(512))
  assert.equal(await kept("/odd"), `x${"é".repeat(511)}`)
  assert.equal(await kept("/not-text"), "\ufffd".repeat(341))
  assert.equal(await kept("/control"), "a\0b\nc")
  assert.equal(await kept("/empty"), null)
})

test("a compressed answer is neither unpacked nor kept", async (t) => {
  const bomb = gzipSync(Buffer.alloc(5_000_000))
  const receiver = await startReceiver(t, (_, response) => {
    response.writeHead(500, { "content-encoding": "gzip" }).end(bomb)
  })
  const outcome = await startSender(t).post(receiver.origin)
  assert.equal(outcome.error, "answered 500")
  assert.equal(outcome.responseBody, null)
})

test("an address where nobody listens, a name without address and a stored header that HTTP refuses", async (t) => {
  const receiver = await startReceiver(t)
  const { post } = startSender(t, { resolve: async (host) => (host === "down.test" ? fail() : []) })
  const fail = () => {
    throw Object.assign(new Error("server failed"), { code: "ESERVFAIL" })
  }
  const errorOf = async (url: string, headers = {}) => (await post(url, { headers })).error
  assert.equal(await errorOf("http://127.0.0.1:1/"), "connection refused")
  assert.equal(await errorOf("http://absent.test/"), "DNS: absent.test has no address")
  assert.equal(
    await errorOf("http://down.test/"),
    "DNS: down.test could not be looked up (ESERVFAIL)",
  )
  for (const headers of [{ "x-a": "1\r\nx-b: 2" }, { "x a": "1" }, { "x-a": "✓" }])
    assert.match((await errorOf(receiver.origin, headers)) ?? "", /header/)
  assert.equal(receiver.connections(), 0)
})
