import assert from "node:assert/strict"
import { test } from "node:test"
import { until } from "../harness/until.ts"
import { startRawReceiver, startReceiver, startSender } from "./receiver.ts"

// A request whose answer is read: a token server's, a CRM's.
const request = { endpointId: "ep_1", headers: { "x-a": "1" }, limitMs: 60_000 }

test("what is asked for goes out as it is, and the whole answer comes back", async (t) => {
  const receiver = await startReceiver(t, ({ method }, response) => {
    response.writeHead(method === "GET" ? 200 : 404, { "x-b": "2", "set-cookie": ["a", "b"] })
    response.end(`answer to ${method} ${"\u20ac".repeat(2_000)}`)
  })
  const { ask } = startSender(t, { userAgent: "Ringback/1.2.3" })
  const url = `${receiver.origin}/a?b=1`
  const got = await ask({ ...request, url, method: "GET", body: null })
  const put = await ask({ ...request, url, method: "PUT", body: "\u20ac" })
  assert.ok("body" in got && "body" in put)
  assert.equal(got.statusCode, 200)
  assert.equal(got.body, `answer to GET ${"\u20ac".repeat(2_000)}`)
  assert.equal(got.headers["x-b"], "2")
  assert.equal(got.headers["set-cookie"], undefined, "of repeated headers there is no one text")
  assert.ok(got.durationMs >= 0)
  assert.deepEqual([put.statusCode, put.body.slice(0, 13)], [404, "answer to PUT"])
  const [first, second] = receiver.requests
  assert.deepEqual([first!.method, first!.url, first!.body], ["GET", "/a?b=1", ""])
  assert.deepEqual([second!.method, second!.body], ["PUT", "\u20ac"])
  assert.deepEqual(second!.headers, {
    "x-a": "1",
    host: `127.0.0.1:${receiver.port}`,
    "user-agent": "Ringback/1.2.3",
    "content-length": "3",
    "accept-encoding": "identity",
    connection: "keep-alive",
  })
  assert.equal(receiver.connections(), 2, "what writes takes a connection of its own")
  await ask({ ...request, url, method: "GET", body: null })
  assert.equal(receiver.connections(), 2, "what reads takes one that is kept")
})

test("a read whose kept connection was closed goes out again, and a write never does", async (t) => {
  const receiver = await startRawReceiver(t, (socket, { request: count }) => {
    // The second request finds the connection closed under it.
    if (count === 2 || count >= 4) socket.destroy()
    else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
  })
  const { ask } = startSender(t)
  const url = `${receiver.origin}/`
  const read = () => ask({ ...request, url, method: "GET", body: null })
  const first = await read()
  assert.ok("body" in first && first.body === "ok")
  const again = await read()
  assert.ok("body" in again && again.body === "ok", JSON.stringify(again))
  assert.equal(receiver.requests(), 3)
  const written = await ask({ ...request, url, method: "POST", body: "{}" })
  assert.ok("error" in written && written.error.includes("closed"), JSON.stringify(written))
  assert.equal(receiver.requests(), 4)
})

test("where nothing may be asked, or nobody answers in time, it is said in words", async (t) => {
  const silent = await startRawReceiver(t, () => {})
  const { ask } = startSender(t)
  const at = (url: string, limitMs = 60_000) =>
    ask({ ...request, url, method: "GET", body: null, limitMs })
  const refused = await at("http://10.0.0.1/")
  assert.match("error" in refused ? refused.error : "", /^refused: /)
  assert.ok(refused.durationMs >= 0)
  const late = await at(`${silent.origin}/`, 100)
  assert.ok("error" in late && late.durationMs >= 100, JSON.stringify(late))
  const header = await ask({
    ...request,
    url: `${silent.origin}/`,
    headers: { "x-a": "\u0001" },
    method: "GET",
    body: null,
  })
  assert.match("error" in header ? header.error : "", /character that HTTP does not allow/)
})

test("a webhook that finds its kept connections closed is sent three times at the most", async (t) => {
  let isOpen = true
  const receiver = await startRawReceiver(t, (socket) => {
    if (isOpen) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
    else socket.destroy()
  })
  const { post } = startSender(t)
  assert.equal((await post(`${receiver.origin}/`)).ok, true)
  isOpen = false
  const { ok, error } = await post(`${receiver.origin}/`)
  assert.deepEqual([ok, error], [false, "the connection was closed before an answer"])
  assert.ok(receiver.requests() <= 4, `${receiver.requests()}`)
})

test("an answer that comes byte by byte is read up to some thousand pieces", async (t) => {
  const bytes = (count: number) => "1\r\nx\r\n".repeat(count)
  const receiver = await startRawReceiver(t, (socket, { request: number }) => {
    socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    socket.write(`${bytes(number === 1 ? 4_000 : 50_000)}0\r\n\r\n`)
  })
  const { ask } = startSender(t)
  const get = async () => {
    const got = await ask({ ...request, url: receiver.origin, method: "GET", body: null })
    assert.ok("body" in got)
    return got.body
  }
  assert.equal(await get(), "x".repeat(4_000))
  const cut = await get()
  assert.match(cut, /^x+$/)
  assert.ok(cut.length >= 4_000 && cut.length < 10_000, `${cut.length} bytes`)
  await until(() => receiver.openConnections() === 0)
})
