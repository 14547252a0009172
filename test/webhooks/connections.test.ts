import assert from "node:assert/strict"
import { test } from "node:test"
import { until } from "../harness/until.ts"
import { startRawReceiver, startReceiver, startSender } from "./receiver.ts"

const answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

test("a connection is used again, after failures too", async (t) => {
  const receiver = await startReceiver(t, ({ url }, response) => {
    response.writeHead(Number(url.slice(1))).end("x".repeat(60_000))
  })
  const { post } = startSender(t)
  for (let i = 0; i < 20; i++) await post(`${receiver.origin}/${[200, 500, 410, 302][i % 4]}`)
  assert.equal(receiver.requests.length, 20)
  assert.equal(receiver.connections(), 1)
})

test("as many connections as posts at a time, and they stay for the next", async (t) => {
  const receiver = await startReceiver(t)
  const { post } = startSender(t)
  for (let round = 0; round < 5; round++)
    await Promise.all(Array.from({ length: 8 }, () => post(receiver.origin)))
  assert.equal(receiver.requests.length, 40)
  assert.equal(receiver.connections(), 8)
})

test("of more than eight to one endpoint at a time, eight stay", async (t) => {
  const receiver = await startReceiver(t)
  const { post } = startSender(t)
  await Promise.all(Array.from({ length: 20 }, () => post(receiver.origin)))
  await until(() => receiver.openConnections() === 8)
  assert.equal(receiver.connections(), 20)
})

test("endpoints do not share connections, although they share a host", async (t) => {
  const receiver = await startReceiver(t)
  const { post } = startSender(t)
  for (let i = 0; i < 3; i++)
    for (const endpointId of ["ep_1", "ep_2"]) await post(receiver.origin, { endpointId })
  assert.equal(receiver.connections(), 2)
})

test("names do not share connections, although they share an address", async (t) => {
  const receiver = await startReceiver(t)
  const { post } = startSender(t, { resolve: async () => ["127.0.0.1"] })
  for (let i = 0; i < 3; i++)
    for (const host of ["a.test", "b.test"]) await post(`http://${host}:${receiver.port}/`)
  assert.equal(receiver.connections(), 2)
  assert.deepEqual(
    receiver.requests.map(({ headers }) => headers.host?.split(":")[0]).slice(0, 2),
    ["a.test", "b.test"],
  )
})

test("a receiver that closes after each answer is served over new connections", async (t) => {
  const receiver = await startReceiver(t, (_, response) => {
    response.setHeader("connection", "close").end()
  })
  const { post } = startSender(t)
  for (let i = 0; i < 3; i++) assert.ok((await post(receiver.origin)).ok)
  assert.equal(receiver.connections(), 3)
})

test("a kept connection that dies under the request is no failure: one more is opened", async (t) => {
  const receiver = await startRawReceiver(t, (socket, { connection, request }) => {
    if (connection === 1 && request > 1) socket.resetAndDestroy()
    else socket.write(answer)
  })
  const { post } = startSender(t)
  assert.ok((await post(receiver.origin)).ok)
  assert.ok((await post(receiver.origin)).ok)
  assert.equal(receiver.connections(), 2)
  assert.equal(receiver.requests(), 3)
})

test("what was sent on a kept connection that died may have arrived, whatever is answered to the copy", async (t) => {
  const statuses = [200, 500, 200, 200]
  const receiver = await startRawReceiver(t, (socket, { connection, request }) => {
    // The second and the fourth request find their kept connection reset.
    if ((connection === 1 && request === 2) || (connection === 2 && request === 4))
      return void socket.resetAndDestroy()
    socket.write(`HTTP/1.1 ${statuses.shift()} X\r\ncontent-length: 2\r\n\r\nok`)
  })
  const { post } = startSender(t)
  const seen = async () => {
    const { statusCode, mayHaveArrived } = await post(receiver.origin)
    return [statusCode, mayHaveArrived]
  }
  assert.deepEqual(await seen(), [200, false])
  assert.deepEqual(await seen(), [500, true])
  assert.deepEqual(await seen(), [200, false], "an answer of 200 says more")
  assert.equal(receiver.requests(), 5)
})

test("however many kept connections have died, the webhook is sent once more and no more", async (t) => {
  const receiver = await startRawReceiver(t, (socket, { connection, request }) => {
    if (connection <= 8 && request > 8) socket.destroy()
    else setTimeout(() => socket.write(answer), 20)
  })
  const { post } = startSender(t)
  await Promise.all(Array.from({ length: 8 }, () => post(receiver.origin)))
  assert.equal(receiver.connections(), 8)
  assert.ok((await post(receiver.origin)).ok)
  assert.equal(receiver.requests(), 10)
})

test("a new connection that closes without an answer is a failure, sent once", async (t) => {
  const receiver = await startRawReceiver(t, (socket) => socket.destroy())
  const outcome = await startSender(t).post(receiver.origin)
  assert.equal(outcome.error, "the connection was closed before an answer")
  assert.equal(receiver.requests(), 1)
})

test("a kept connection that dies amid an answer is a failure, sent once", async (t) => {
  const receiver = await startRawReceiver(t, (socket, { request }) => {
    if (request === 1) socket.write(answer)
    else socket.end("HTTP/1.1 ")
  })
  const { post } = startSender(t)
  await post(receiver.origin)
  assert.equal((await post(receiver.origin)).ok, false)
  assert.equal(receiver.requests(), 2)
})

test("at most 256 connections wait idle, the latest ones", async (t) => {
  const receiver = await startReceiver(t)
  const { post } = startSender(t)
  for (let i = 0; i < 300; i++) await post(receiver.origin, { endpointId: `ep_${i}` })
  await until(() => receiver.openConnections() === 256)
  await post(receiver.origin, { endpointId: "ep_299" })
  assert.equal(receiver.connections(), 300)
  await post(receiver.origin, { endpointId: "ep_0" })
  assert.equal(receiver.connections(), 301)
})

test("a connection that waited for over 30 s is not trusted, although no timer could close it", async (t) => {
  let now = Date.now()
  const receiver = await startReceiver(t)
  const { post } = startSender(t, { now: () => now })
  await post(receiver.origin)
  now += 29_000
  await post(receiver.origin)
  assert.equal(receiver.connections(), 1)
  now += 30_000
  await post(receiver.origin)
  assert.equal(receiver.connections(), 2)
})

test("an address that cannot be reached gives way to the host's next", async (t) => {
  const receiver = await startReceiver(t)
  const { post } = startSender(t, { resolve: async () => ["127.0.0.9", "::1", "127.0.0.1"] })
  assert.ok((await post(`http://many.test:${receiver.port}/`)).ok)
  const none = startSender(t, { resolve: async () => ["127.0.0.9", "::1"] })
  const outcome = await none.post(`http://many.test:${receiver.port}/`)
  assert.match(outcome.error ?? "", /refused|no route/)
})

test("closing the sender closes its connections", async (t) => {
  const receiver = await startReceiver(t)
  const { post, close } = startSender(t)
  await Promise.all(Array.from({ length: 4 }, () => post(receiver.origin)))
  close()
  await until(() => receiver.openConnections() === 0)
})
