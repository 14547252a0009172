import assert from "node:assert/strict"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import net from "node:net"
import { test } from "node:test"
import { createServer as createTlsServer } from "node:tls"
import { Worker } from "node:worker_threads"
import { until } from "../harness/until.ts"
import { listen, startRawReceiver, startSender } from "./receiver.ts"

const pem = (name: string) =>
  readFileSync(new URL(`../fixtures/tls/webhook-${name}.pem`, import.meta.url), "utf8")

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

test("of provisional answers no more is read than of a head", async (t) => {
  const flood = Buffer.from("HTTP/1.1 102 Processing\r\n\r\n".repeat(40_000))
  const receiver = await startRawReceiver(t, (socket, { request }) => {
    // In one piece: the final answer is behind fewer than 16 KB, then behind 1 MB.
    const before = flood.subarray(0, request === 1 ? 540 * 27 : flood.length)
    socket.write(Buffer.concat([before, Buffer.from("HTTP/1.1 200 OK\r\n\r\n")]))
  })
  const { post } = startSender(t)
  assert.equal((await post(receiver.origin)).ok, true)
  const { ok, error, mayHaveArrived } = await post(receiver.origin)
  assert.deepEqual(
    [ok, error, mayHaveArrived],
    [false, "over 16 KB of provisional responses (1xx)", true],
  )
  await until(() => receiver.openConnections() === 0)
})
