import assert from "node:assert/strict"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { readFileSync } from "node:fs"
import net from "node:net"
import { test, type TestContext } from "node:test"
import { parseNetworks } from "@ringback/webhooks/address"
import { orderToDial } from "@ringback/webhooks/dial"
import { until } from "../harness/until.ts"
import { makeDead } from "./dead-addresses.ts"
import { listen, startReceiver, startSender } from "./receiver.ts"

const pem = (name: string) =>
  readFileSync(new URL(`../fixtures/tls/webhook-${name}.pem`, import.meta.url), "utf8")

/** Counts the connections that this process begins. */
function countDialled(t: TestContext) {
  let dialled = 0
  const count = () => void dialled++
  subscribe("net.client.socket", count)
  t.after(() => unsubscribe("net.client.socket", count))
  return () => dialled
}

const dead = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]

test("a host whose first three addresses are dead gets its webhook at the fourth", async (t) => {
  const receiver = await startReceiver(t)
  await makeDead(t, receiver.port, dead)
  const { post } = startSender(t, { resolve: async () => [...dead, "127.0.0.1"] })
  const outcome = await post(`http://many.test:${receiver.port}/`)
  assert.equal(outcome.error, null)
  assert.equal(receiver.requests.length, 1)
})

test("the address that answered is tried first for a minute", async (t) => {
  let now = 0
  const receiver = await startReceiver(t)
  await makeDead(t, receiver.port, dead)
  const resolve = async () => [...dead, "127.0.0.1"]
  const { post } = startSender(t, { resolve, now: () => now })
  const dialled = countDialled(t)
  const dialledFor = async (endpointId: string) => {
    const before = dialled()
    assert.equal((await post(`http://many.test:${receiver.port}/`, { endpointId })).error, null)
    return dialled() - before
  }
  assert.equal(await dialledFor("ep_1"), 4)
  now = 59_999
  assert.equal(await dialledFor("ep_2"), 1)
  now += 60_000
  assert.equal(await dialledFor("ep_3"), 4)
})

test("the address that answered is known for each host and port by itself", async (t) => {
  const receivers = [await startReceiver(t), await startReceiver(t)] as const
  for (const { port } of receivers) await makeDead(t, port, ["127.0.0.2"])
  const { post } = startSender(t, { resolve: async () => ["127.0.0.2", "127.0.0.1"] })
  const send = async (host: string, port: number, endpointId: string) =>
    assert.equal((await post(`http://${host}:${port}/`, { endpointId })).error, null)
  const places = receivers.flatMap(({ port }) =>
    ["a.test", "b.test"].map((host) => [host, port] as const),
  )
  const dialled = countDialled(t)
  for (const [host, port] of places) await send(host, port, "ep_1")
  assert.equal(dialled(), 8)
  for (const [host, port] of places) await send(host, port, "ep_2")
  assert.equal(dialled(), 12)
})

test("an address that answered last time and is dead now gives way to the others", async (t) => {
  const first = await startReceiver(t, undefined, { host: "127.0.0.2" })
  const second = await startReceiver(t, undefined, { host: "127.0.0.1", port: first.port })
  const { post } = startSender(t, { resolve: async () => ["127.0.0.2", "127.0.0.1"] })
  const url = `http://many.test:${first.port}/`
  await post(url)
  first.server.close()
  first.closeConnections()
  assert.equal((await post(url, { endpointId: "ep_2" })).error, null)
  assert.deepEqual([first.requests.length, second.requests.length], [1, 1])
})

test("the first address goes on while the next is tried, and may still win", async (t) => {
  const receiver = await startReceiver(t, undefined, {
    tls: { key: pem("key"), cert: pem("receiver") },
  })
  // It takes connections, and is silent until the second address has been tried.
  const tried = Promise.withResolvers<void>()
  const slow = net.createServer((socket) => {
    socket.on("error", () => {})
    void tried.promise.then(() => {
      const through = net.connect(receiver.port, "127.0.0.1")
      through.on("error", () => {})
      socket.pipe(through).pipe(socket)
    })
  })
  const silent = net.createServer((socket) => {
    socket.on("error", () => {})
    tried.resolve()
  })
  const { port } = await listen(t, slow, "127.0.0.2")
  await listen(t, silent, "127.0.0.3", port)
  const resolve = async () => ["127.0.0.2", "127.0.0.3"]
  const { post } = startSender(t, { ca: pem("ca"), resolve })
  assert.equal((await post(`https://receiver.test:${port}/`)).error, null)
  assert.equal(receiver.requests.length, 1)
})

test("the certificate must be for the host, whichever of its addresses answers", async (t) => {
  const tls = { key: pem("key"), cert: pem("receiver") }
  const receiver = await startReceiver(t, undefined, { tls, host: "127.0.0.3" })
  const { post } = startSender(t, {
    ca: pem("ca"),
    resolve: async () => ["127.0.0.9", "127.0.0.3"],
  })
  assert.equal((await post(`https://receiver.test:${receiver.port}/`)).error, null)
  const outcome = await post(`https://other.test:${receiver.port}/`)
  assert.equal(outcome.error, "connection refused; TLS: the certificate is not for other.test")
  assert.equal(receiver.requests.length, 1)
})

test("of all addresses only those that are allowed are dialled, and a failure names the others", async (t) => {
  const receiver = await startReceiver(t)
  const trap = await listen(t, net.createServer(), "127.0.0.2", receiver.port)
  const addresses = ["127.0.0.2", "fe80::1%lo0", "fd00::1", "127.0.0.1", "::1"]
  const rules = { allowedNetworks: parseNetworks("127.0.0.1/32") }
  const { post } = startSender(t, { ...rules, resolve: async () => addresses })
  const url = `http://mixed.test:${receiver.port}/`
  assert.equal((await post(url)).error, null)
  receiver.server.close()
  receiver.closeConnections()
  await until(() => receiver.openConnections() === 0)
  assert.equal(
    (await post(url)).error,
    "connection refused; other addresses left out: " +
      "loopback IPv4, link-local IPv6 with a zone, private IPv6, loopback IPv6",
  )
  assert.equal(trap.connections(), 0)
})

test("a hosts file with an odd line for localhost does not spoil it", async (t) => {
  const receiver = await startReceiver(t)
  const { post } = startSender(t, { resolve: async () => ["fe80::1%lo0", "127.0.0.1"] })
  assert.equal((await post(`http://localhost:${receiver.port}/`)).error, null)
})

test("where no address answers within the limit, all that is known of them is said", async (t) => {
  const { port } = await listen(t, net.createServer(), "127.0.0.1")
  await makeDead(t, port, ["127.0.0.2"])
  const timeouts = { connectMs: 500, totalMs: 60_000 }
  const resolve = async () => ["127.0.0.9", "127.0.0.2"]
  const { post } = startSender(t, { timeouts, resolve })
  assert.equal(
    (await post(`http://many.test:${port}/`)).error,
    "connect timed out after 0.5 s; connection refused",
  )
})

test("the connections that lost are closed", async (t) => {
  const receiver = await startReceiver(t, undefined, {
    tls: { key: pem("key"), cert: pem("receiver") },
  })
  const silent = net.createServer((socket) => void socket.on("error", () => {}).resume())
  const loser = await listen(t, silent, "127.0.0.2", receiver.port)
  const resolve = async () => ["127.0.0.2", "127.0.0.1"]
  const { post } = startSender(t, { ca: pem("ca"), resolve })
  assert.equal((await post(`https://receiver.test:${receiver.port}/`)).error, null)
  assert.equal(loser.connections(), 1)
  await until(() => loser.openConnections() === 0)
})

test("IPv4 and IPv6 are tried in turn, eight addresses at most", () => {
  const four = ["1.1.1.1", "1.1.1.2", "1.1.1.3"]
  assert.deepEqual(orderToDial([...four, "2001:db8::1"]), [
    "1.1.1.1",
    "2001:db8::1",
    "1.1.1.2",
    "1.1.1.3",
  ])
  assert.deepEqual(orderToDial(["::1", "1.1.1.1"]), ["::1", "1.1.1.1"])
  const mixed = ["1.1.1.1", "::1", "1.1.1.2", "::2"]
  assert.deepEqual(orderToDial(mixed), mixed)
  assert.deepEqual(orderToDial(["1.1.1.1", "1.1.1.2", "::1", "::2"]), mixed)
  assert.deepEqual(orderToDial(four, "1.1.1.3"), ["1.1.1.3", "1.1.1.1", "1.1.1.2"])
  assert.deepEqual(orderToDial(four, "9.9.9.9"), four)
  const many = Array.from({ length: 30 }, (_, index) => `1.1.1.${index}`)
  assert.deepEqual(orderToDial(many, "1.1.1.29"), ["1.1.1.29", ...many.slice(0, 7)])
})
