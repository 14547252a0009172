import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import net from "node:net"
import { test, type TestContext } from "node:test"
import type { TLSSocket } from "node:tls"
import { dial, DialError } from "@ringback/webhooks/dial"
import { until } from "../harness/until.ts"
import { makeDead } from "./dead-addresses.ts"
import { listen, startReceiver } from "./receiver.ts"

// The dialling by itself, on a clock that stands still: which address is tried when, and what is left behind.

const pem = (name: string) =>
  readFileSync(new URL(`../fixtures/tls/webhook-${name}.pem`, import.meta.url), "utf8")

/** What `dial` connects to, in order; connections that the test itself makes come before. */
function watchDialled(t: TestContext) {
  const dialled: string[] = []
  const connect = net.Socket.prototype.connect
  t.mock.method(net.Socket.prototype, "connect", function (this: net.Socket, ...args: unknown[]) {
    const [options] = (Array.isArray(args[0]) ? args[0] : args) as [{ host: string }]
    dialled.push(options.host)
    return (connect as (...all: unknown[]) => net.Socket).apply(this, args)
  })
  return dialled
}

const start = (
  addresses: string[],
  port: number,
  { isTls = false, host = "receiver.test", limitMs = 5_000, ca = pem("ca") } = {},
) => {
  const aborting = new AbortController()
  const outcome = dial(
    { isTls, host, port, addresses },
    { limitMs, signal: aborting.signal, ...(isTls && { ca }) },
  )
  return { outcome, abort: () => aborting.abort(), signal: aborting.signal }
}

/** Lets all that has happened on sockets be told. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
}

test("the next address is tried a quarter of a second after the one before, while those go on", async (t) => {
  const { port } = await listen(t, net.createServer(), "127.0.0.1")
  const dead = ["127.0.0.2", "127.0.0.3"]
  await makeDead(t, port, dead)
  t.mock.timers.enable({ apis: ["setTimeout"] })
  const dialled = watchDialled(t)
  const { outcome } = start([...dead, "127.0.0.1"], port)
  assert.deepEqual(dialled, dead.slice(0, 1))
  t.mock.timers.tick(249)
  assert.equal(dialled.length, 1)
  t.mock.timers.tick(1)
  assert.deepEqual(dialled, dead)
  t.mock.timers.tick(249)
  assert.equal(dialled.length, 2)
  t.mock.timers.tick(1)
  const { address, socket } = await outcome
  assert.equal(address, "127.0.0.1")
  t.after(() => socket.destroy())
})

test("an address that is connected to has a second for its handshake before the next is tried", async (t) => {
  const silent = net.createServer((socket) => void socket.on("error", () => {}))
  const { port, connections } = await listen(t, silent, "127.0.0.2")
  t.mock.timers.enable({ apis: ["setTimeout"] })
  const dialled = watchDialled(t)
  const { outcome, abort } = start(["127.0.0.2", "127.0.0.3"], port, { isTls: true })
  while (connections() === 0) await new Promise(setImmediate)
  await settle()
  t.mock.timers.tick(999)
  assert.deepEqual(dialled, ["127.0.0.2"])
  t.mock.timers.tick(1)
  assert.deepEqual(dialled, ["127.0.0.2", "127.0.0.3"])
  abort()
  await assert.rejects(outcome, DialError)
})

test("an address that refuses gives way to the next at once, and the last one tells why", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] })
  const receiver = await startReceiver(t)
  const dialled = watchDialled(t)
  const { address, socket } = await start(["127.0.0.8", "127.0.0.1"], receiver.port).outcome
  socket.destroy()
  assert.equal(address, "127.0.0.1")
  assert.deepEqual(dialled, ["127.0.0.8", "127.0.0.1"])
  await assert.rejects(start(["127.0.0.8", "127.0.0.9"], receiver.port).outcome, (error) => {
    assert.ok(error instanceof DialError)
    assert.deepEqual(
      error.reasons.map(({ code }) => code),
      ["ECONNREFUSED", "ECONNREFUSED"],
    )
    assert.equal(error.limitMs, undefined)
    return true
  })
})

test("a refusal of the last address does not end those that are still being tried", async (t) => {
  const { port } = await listen(t, net.createServer(), "127.0.0.1")
  await makeDead(t, port, ["127.0.0.2"])
  t.mock.timers.enable({ apis: ["setTimeout"] })
  const { outcome } = start(["127.0.0.2", "127.0.0.9"], port)
  t.mock.timers.tick(250)
  await settle()
  let isOver = false
  outcome.catch(() => (isOver = true))
  await settle()
  assert.equal(isOver, false)
  t.mock.timers.tick(4_749)
  await settle()
  assert.equal(isOver, false)
  t.mock.timers.tick(1)
  await assert.rejects(outcome, (error) => error instanceof DialError && error.limitMs === 5_000)
})

test("given up from outside, all that was begun is closed and nothing more is tried", async (t) => {
  const silent = net.createServer((socket) => void socket.on("error", () => {}).resume())
  const first = await listen(t, silent, "127.0.0.2")
  t.mock.timers.enable({ apis: ["setTimeout"] })
  const dialled = watchDialled(t)
  const { outcome, abort } = start(["127.0.0.2", "127.0.0.3"], first.port, { isTls: true })
  while (first.connections() === 0) await new Promise(setImmediate)
  abort()
  await assert.rejects(outcome, DialError)
  t.mock.timers.tick(60_000)
  assert.deepEqual(dialled, ["127.0.0.2"])
  t.mock.timers.reset()
  await until(() => first.openConnections() === 0)
})

test("what was given up before it began dials nothing", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] })
  const dialled = watchDialled(t)
  const signal = AbortSignal.abort()
  const destination = { isTls: false, host: "a.test", port: 9, addresses: ["127.0.0.1"] }
  await assert.rejects(dial(destination, { limitMs: 1_000, signal }), DialError)
  assert.deepEqual(dialled, [])
})

test("a dialling that has ended leaves no timer that would keep the process", async (t) => {
  const receiver = await startReceiver(t)
  const timers = () =>
    process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length
  const before = timers()
  const { socket } = await start(["127.0.0.1", "127.0.0.3"], receiver.port).outcome
  assert.equal(timers(), before)
  socket.destroy()
  await assert.rejects(start(["127.0.0.8"], receiver.port).outcome)
  assert.equal(timers(), before)
})

test("an address in a URL is named to nobody in the handshake, and a host's name is", async (t) => {
  const receiver = await startReceiver(t, undefined, {
    tls: { key: pem("key"), cert: pem("receiver") },
  })
  const names: unknown[] = []
  receiver.server.on("secureConnection", (socket: TLSSocket) => names.push(socket.servername))
  for (const [index, host] of ["127.0.0.1", "receiver.test"].entries()) {
    const { socket } = await start(["127.0.0.1"], receiver.port, { isTls: true, host }).outcome
    t.after(() => socket.destroy())
    await until(() => names.length === index + 1)
  }
  assert.deepEqual(names, [false, "receiver.test"])
})
