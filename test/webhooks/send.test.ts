import assert from "node:assert/strict"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import net from "node:net"
import { test } from "node:test"
import { createServer as createTlsServer } from "node:tls"
import { Worker } from "node:worker_threads"
import { gzipSync } from "node:zlib"
import { listen, startRawReceiver, startReceiver, startSender } from "./receiver.ts"

const pem = (name: string) =>
  readFileSync(new URL(`../fixtures/tls/webhook-${name}.pem`, import.meta.url), "utf8")

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

test("provisional answers are passed over, and none but a final one counts", async (t) => {
  const replies = [
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 204 Fine\r\n\r\n",
    "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n",
  ]
  const receiver = await startRawReceiver(t, (socket, { request }) => {
    socket.write(
      replies[request - 1] ?? "HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    )
  })
  const { post } = startSender(t)
  assert.equal((await post(receiver.origin)).statusCode, 204)
  assert.equal((await post(receiver.origin)).statusCode, 500)
  const upgraded = await post(receiver.origin)
  assert.deepEqual([upgraded.ok, upgraded.statusCode], [false, null])
})

test("what is no HTTP is a failure in plain words", async (t) => {
  const cases: [string, RegExp][] = [
    ["", /closed before an answer/],
    ["hello\r\n\r\n", /not valid HTTP/],
    ["\0".repeat(100), /not valid HTTP/],
    ["HTTP/1.1 2", /closed before an answer/],
    ["HTTP/1.1 999999 OK\r\n\r\n", /not valid HTTP/],
    ["SSH-2.0-OpenSSH\r\n", /not valid HTTP/],
  ]
  const receiver = await startRawReceiver(t, (socket, { request }) => {
    socket.end(cases[request - 1]![0])
  })
  const { post } = startSender(t)
  for (const [bytes, words] of cases) {
    const outcome = await post(receiver.origin)
    assert.equal(outcome.ok, false)
    assert.equal(outcome.statusCode, null)
    assert.match(outcome.error ?? "", words, JSON.stringify(bytes))
  }
})

test("the status line decides, whatever becomes of the rest of the answer", async (t) => {
  const rest = [
    "content-length: 100\r\n\r\nshort",
    "transfer-encoding: chunked\r\n\r\nzz\r\n",
    "transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\nhello",
    `x: ${"y".repeat(20_000)}\r\n\r\n`,
    "no colon here\r\n\r\n",
    "half a hea",
    "",
  ]
  const receiver = await startRawReceiver(t, (socket, { request }) => {
    const status = request <= rest.length ? "200 OK" : "500 No"
    socket.end(`HTTP/1.1 ${status}\r\n${rest[(request - 1) % rest.length]}`)
  })
  const { post } = startSender(t)
  for (const bytes of rest)
    assert.deepEqual(
      await post(receiver.origin).then(({ ok, statusCode }) => ({ ok, statusCode })),
      { ok: true, statusCode: 200 },
      bytes.slice(0, 50),
    )
  for (const bytes of rest)
    assert.equal((await post(receiver.origin)).error, "answered 500", bytes.slice(0, 50))
})

test("the status line decides behind provisional heads too, however they are cut", async (t) => {
  const provisional = [
    "HTTP/1.1 100 Continue\r\n\r\n",
    `HTTP/1.1 103 Early Hints\r\nlink: ${"y".repeat(2_000)}\r\n\r\n`,
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n",
  ]
  const broken = ["no colon here\r\n\r\n", "half a hea"]
  const cases = provisional.flatMap((head) =>
    broken.map((rest) => `${head}HTTP/1.1 200 OK\r\n${rest}`),
  )
  const receiver = await startRawReceiver(t, async (socket, { request }) => {
    const text = cases[(request - 1) % cases.length]!
    if (request <= cases.length) return void socket.end(text)
    socket.setNoDelay()
    for (const piece of text.match(/.{1,7}/gs)!) {
      socket.write(piece)
      await new Promise(setImmediate)
    }
    socket.end()
  })
  const { post } = startSender(t)
  for (const text of [...cases, ...cases]) {
    const { ok, statusCode } = await post(receiver.origin)
    assert.deepEqual({ ok, statusCode }, { ok: true, statusCode: 200 }, text.slice(0, 50))
  }
})

test("an answer that comes before the webhook was read counts, although the connection then breaks", async (t) => {
  const tls = { key: pem("key"), cert: pem("receiver") }
  const statuses = [429, 410, 200]
  let count = 0
  const answerEarly = (socket: net.Socket) => {
    socket.on("error", () => {})
    const status = statuses[count++ % statuses.length]
    // What the other side writes meanwhile is never read, so that the end of the connection is a reset.
    socket.pause()
    socket.end(`HTTP/1.1 ${status} Early\r\ncontent-length: 0\r\n\r\n`, () => socket.destroy())
  }
  const plain = await listen(t, net.createServer(answerEarly))
  const secure = await listen(t, createTlsServer(tls).on("secureConnection", answerEarly))
  const { post } = startSender(t, { ca: pem("ca"), resolve: async () => ["127.0.0.1"] })
  const body = "x".repeat(5_000_000)
  for (const url of [`http://127.0.0.1:${plain.port}/`, `https://receiver.test:${secure.port}/`]) {
    count = 0
    for (let index = 0; index < 30; index++) {
      const outcome = await post(url, { body: index % 2 ? body : "{}" })
      assert.equal(
        outcome.statusCode,
        statuses[index % statuses.length],
        `${url} ${index}: ${outcome.error}`,
      )
    }
  }
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

// In a thread of its own, so that it closes while this one is amid its writes.
const EARLY = `
  const { parentPort } = require("node:worker_threads")
  const server = require("node:net").createServer((socket) => {
    socket.on("error", () => {})
    socket.once("data", () => {
      socket.pause()
      socket.write("HTTP/1.1 429 Early\\r\\ncontent-length: 0\\r\\n\\r\\n", () => socket.destroy())
    })
  })
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port))`

test("an answer counts that comes while the webhook is still being written, and a reset after it", async (t) => {
  const worker = new Worker(EARLY, { eval: true })
  t.after(() => worker.terminate())
  const [port] = await once(worker, "message")
  const { post } = startSender(t)
  for (const size of [100_000, 1_000_000, 5_000_000]) {
    const body = "x".repeat(size)
    for (let index = 0; index < 20; index++) {
      const outcome = await post(`http://127.0.0.1:${port}/`, { body })
      assert.equal(outcome.statusCode, 429, `${size} ${index}: ${outcome.error}`)
    }
  }
})
