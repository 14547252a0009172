import assert from "node:assert/strict"
import net from "node:net"
import { test, type TestContext } from "node:test"
import { setInterval as ticks } from "node:timers/promises"
import { until } from "../harness/until.ts"
import { listen, startRawReceiver, startReceiver, startSender } from "./receiver.ts"

const timeouts = { totalMs: 400, bodyMs: 100 }
// For what must be read before the limit, also on a machine that gives this process no CPU for a while.
const patient = { totalMs: 2_000 }

async function drip(socket: net.Socket, text: () => string) {
  for await (const _ of ticks(5)) {
    if (socket.destroyed) return
    socket.write(text())
  }
}

test("a receiver that takes the webhook and says nothing is left at the limit", async (t) => {
  const receiver = await startRawReceiver(t, () => {})
  const outcome = await startSender(t, { timeouts }).post(receiver.origin)
  assert.equal(outcome.error, "no answer within 0.4 s")
  // A timer may be a millisecond early.
  assert.ok(outcome.durationMs >= 399)
  await until(() => receiver.openConnections() === 0)
})

test("a connection that never gets through TLS is left at its own limit", async (t) => {
  const { port } = await listen(
    t,
    net.createServer((socket) => socket.on("error", () => {})),
  )
  const { post } = startSender(t, { timeouts: { connectMs: 200 } })
  const outcome = await post(`https://127.0.0.1:${port}/`)
  assert.equal(outcome.error, "connect timed out after 0.2 s")
})

test("a host's addresses share one limit: when it is over no other is dialled", async (t) => {
  const silent = net.createServer((socket) => socket.on("error", () => {}))
  const { port, connections } = await listen(t, silent, "0.0.0.0")
  const addresses = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
  const { post } = startSender(t, {
    timeouts: { connectMs: 10_000, totalMs: 200 },
    resolve: async () => addresses,
  })
  const outcome = await post(`https://many.test:${port}/`)
  assert.equal(outcome.error, "no answer within 0.2 s")
  // A timer may be a millisecond early.
  assert.ok(connections() < addresses.length, `${connections()} connections`)
})

test("a look-up that never ends is left at its own limit", async (t) => {
  const resolve = () => new Promise<string[]>(() => {})
  const { post } = startSender(t, { timeouts: { lookupMs: 200 }, resolve })
  const outcome = await post("https://silent.test/")
  assert.equal(outcome.error, "DNS: silent.test could not be looked up (ETIMEOUT)")
})

test("what a look-up takes is taken off the limit of the whole attempt", async (t) => {
  // Long after the limit; a test that passes does not wait for it.
  const receiver = await startReceiver(
    t,
    (_, response) => void setTimeout(() => response.end(), 5_000).unref(),
  )
  let skippedMs = 0
  const now = performance.now.bind(performance)
  t.mock.method(performance, "now", () => now() + skippedMs)
  const resolve = async () => {
    skippedMs += 14_900
    return ["127.0.0.1"]
  }
  const outcome = await startSender(t, { timeouts: { totalMs: 15_000 }, resolve }).post(
    `http://slow.test:${receiver.port}/`,
  )
  assert.equal(outcome.error, "no answer within 15 s")
})

/** Begins something on a clock that stands still, and holds it to ending after exactly so long. */
async function endsAfter<T>(
  t: TestContext,
  ms: number,
  isReached: () => boolean,
  begin: () => Promise<T>,
): Promise<T> {
  t.mock.timers.enable({ apis: ["setTimeout"] })
  t.mock.method(performance, "now", () => 0)
  let isOver = false
  const outcome = begin().finally(() => (isOver = true))
  for (let turn = 0; turn < 100 || !isReached(); turn++) await new Promise(setImmediate)
  t.mock.timers.tick(ms - 1)
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  assert.equal(isOver, false)
  t.mock.timers.tick(1)
  for (let turn = 0; turn < 1_000 && !isOver; turn++) await new Promise(setImmediate)
  assert.ok(isOver, `it goes on after ${ms} ms`)
  return outcome
}

const silence = { resolve: () => new Promise<string[]>(() => {}) }
const lookupError = "DNS: silent.test could not be looked up (ETIMEOUT)"

test("a look-up is waited for 5 s where nothing else is said", async (t) => {
  const { post } = startSender(t, silence)
  const outcome = await endsAfter(
    t,
    5_000,
    () => true,
    () => post("http://silent.test/"),
  )
  assert.equal(outcome.error, lookupError)
})

test("a connection is waited for 5 s where nothing else is said", async (t) => {
  const receiver = await startRawReceiver(t, () => {})
  const { post } = startSender(t)
  const outcome = await endsAfter(
    t,
    5_000,
    () => receiver.connections() === 1,
    () => post(`https://127.0.0.1:${receiver.port}/`),
  )
  assert.equal(outcome.error, "connect timed out after 5 s")
})

test("an answer is waited for 15 s where nothing else is said", async (t) => {
  const receiver = await startRawReceiver(t, () => {})
  const { post } = startSender(t)
  const outcome = await endsAfter(
    t,
    15_000,
    () => receiver.requests() === 1,
    () => post(receiver.origin),
  )
  assert.equal(outcome.error, "no answer within 15 s")
})

for (const way of ["send", "ask"] as const) {
  const request = { endpointId: "ep_1", headers: {}, body: "{}", limitMs: 3_000 }
  const begin = async (sender: ReturnType<typeof startSender>, url: string) =>
    way === "send"
      ? sender.send({ ...request, url })
      : sender.ask({ ...request, url, method: "POST" })
  const errorOf = (outcome: Awaited<ReturnType<typeof begin>>) =>
    "error" in outcome ? outcome.error : null

  test(`${way}: a request's own limit holds for its answer`, async (t) => {
    const receiver = await startRawReceiver(t, () => {})
    const sender = startSender(t)
    const outcome = await endsAfter(
      t,
      3_000,
      () => receiver.requests() === 1,
      () => begin(sender, receiver.origin),
    )
    assert.equal(errorOf(outcome), "no answer within 3 s")
  })

  test(`${way}: a request's own limit holds for its look-up`, async (t) => {
    const sender = startSender(t, silence)
    const outcome = await endsAfter(
      t,
      3_000,
      () => true,
      () => begin(sender, "http://silent.test/"),
    )
    assert.equal(errorOf(outcome), lookupError)
  })
}

test("headers that drip for ever are cut, and the status line before them counts", async (t) => {
  const receiver = await startRawReceiver(t, (socket, { request }) => {
    socket.write(["HTTP/1.1 200 OK\r\n", "HTTP/1.1 503 No\r\n", "HTTP/1.1 20"][request - 1]!)
    void drip(socket, () => (request < 3 ? "x: y\r\n" : ""))
  })
  const { post } = startSender(t, { timeouts: patient })
  assert.equal((await post(receiver.origin)).ok, true)
  assert.equal((await post(receiver.origin)).error, "answered 503")
  assert.equal((await post(receiver.origin)).error, "no answer within 2 s")
  await until(() => receiver.openConnections() === 0)
})

test("provisional answers that never end are cut", async (t) => {
  const receiver = await startRawReceiver(t, (socket) => {
    void drip(socket, () => "HTTP/1.1 102 Processing\r\n\r\n")
  })
  const outcome = await startSender(t, { timeouts }).post(receiver.origin)
  assert.equal(outcome.error, "no answer within 0.4 s")
})

test("a body that drips for ever is cut, and changes nothing of a success", async (t) => {
  const receiver = await startRawReceiver(t, (socket, { request }) => {
    socket.write(
      `HTTP/1.1 ${request === 1 ? "200 OK" : "500 No"}\r\ncontent-length: 1000000\r\n\r\nz`,
    )
    void drip(socket, () => "z")
  })
  const { post } = startSender(t, { timeouts: { ...patient, bodyMs: 100 } })
  assert.equal((await post(receiver.origin)).ok, true)
  const outcome = await post(receiver.origin)
  assert.equal(outcome.error, "answered 500")
  assert.match(outcome.responseBody ?? "", /^z+$/)
  await until(() => receiver.openConnections() === 0)
})

test("of a body of 1 GB no more is read than the buffers hold", async (t) => {
  const written: net.Socket[] = []
  const block = Buffer.alloc(64 * 1024, "x")
  const receiver = await startReceiver(t, ({ url }, response) => {
    response.writeHead(Number(url.slice(1)), { "content-length": 2 ** 30 })
    written.push(response.socket!)
    const fill = () => {
      while (!response.destroyed && response.write(block));
    }
    response.on("drain", fill)
    fill()
  })
  const { post } = startSender(t)
  assert.equal((await post(`${receiver.origin}/200`)).ok, true)
  assert.equal((await post(`${receiver.origin}/500`)).responseBody, "x".repeat(1_024))
  await until(() => receiver.openConnections() === 0)
  for (const socket of written)
    assert.ok(socket.bytesWritten < 32 * 2 ** 20, "cut long before 1 GB")
})

test("a receiver that answers and breaks off while the webhook is still being written ends the attempt", async (t) => {
  const server = net.createServer((socket) => {
    socket.on("error", () => {})
    socket.end("HTTP/1.1 413 Too large\r\ncontent-length: 0\r\n\r\n")
  })
  const { port } = await listen(t, server)
  const body = "x".repeat(5_000_000)
  const outcome = await startSender(t, { timeouts: patient }).post(`http://127.0.0.1:${port}/`, {
    body,
  })
  // Whether its 413 is still read depends on how soon the reset arrives.
  assert.ok(outcome.statusCode === 413 || outcome.statusCode === null)
  assert.ok(!outcome.ok && outcome.durationMs < 15_000)
})

test("one that hangs does not hold up another", async (t) => {
  const silent = await startRawReceiver(t, () => {})
  const healthy = await startReceiver(t)
  const { post } = startSender(t)
  const hanging = Array.from({ length: 50 }, () => post(silent.origin, { endpointId: "ep_hangs" }))
  await until(() => silent.requests() === 50)
  for (let i = 0; i < 20; i++) assert.ok((await post(healthy.origin, { endpointId: "ep_2" })).ok)
  silent.closeConnections()
  assert.ok((await Promise.all(hanging)).every(({ ok }) => !ok))
})
