import { parseNetworks } from "@ringback/webhooks/address"
import { askingDns } from "@ringback/webhooks/resolve"
import { makeSender } from "@ringback/webhooks/send"
import { checkUrl } from "@ringback/webhooks/url"
import assert from "node:assert/strict"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import net from "node:net"
import { test, type TestContext } from "node:test"
import { until } from "../harness/until.ts"
import { startDnsServer } from "./dns-server.ts"
import { listen, startReceiver, startSender } from "./receiver.ts"
import { corpus } from "./ssrf-corpus.ts"

// Not the one that the corpus aims at, but enough for plain http to be possible at all.
const allowedNetworks = parseNetworks("192.0.2.77/32")

/** Counts every connection that this process begins, wherever to, and those that arrive at a port of loopback. */
async function startTrap(t: TestContext) {
  let dialled = 0
  const count = () => void dialled++
  subscribe("net.client.socket", count)
  t.after(() => unsubscribe("net.client.socket", count))
  const trap = await listen(t, net.createServer())
  return { port: trap.port, caught: () => dialled + trap.connections() }
}

async function assertNothingGoes(
  t: TestContext,
  urlsFor: (port: number) => string[],
  options = {},
) {
  const trap = await startTrap(t)
  const urls = urlsFor(trap.port)
  const sender = makeSender({ allowedNetworks, ...options })
  t.after(() => sender.close())
  for (const url of urls) {
    const check = await checkUrl(url, { allowedNetworks, ...options })
    assert.ok(!check.ok && check.reason.length > 10, `registered: ${url}`)
    const outcome = await sender.send({ endpointId: "ep_1", url, headers: {}, body: "{}" })
    assert.match(outcome.error ?? "", /^refused: /, url)
    assert.equal(outcome.ok, false)
  }
  assert.equal(trap.caught(), 0)
  return urls.length
}

test("the trap of these tests does catch", async (t) => {
  const trap = await startTrap(t)
  const { post } = startSender(t, { timeouts: { totalMs: 200 } })
  assert.ok(!(await post(`http://127.0.0.1:${trap.port}/`)).ok)
  await until(() => trap.caught() === 2)
})

test("no spelling of a host that is not public is registered or dialled", async (t) => {
  assert.ok((await assertNothingGoes(t, corpus)) > 250)
})

test("no name that resolves to such an address is registered or dialled", async (t) => {
  const addresses =
    `0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 169.254.169.254 172.16.0.1 192.0.0.1 192.168.0.1 198.18.0.1
    224.0.0.1 255.255.255.255 :: ::1 ::7f00:1 ::ffff:7f00:1 64:ff9b::7f00:1 64:ff9b:1::1 100::1 2001::1 2002:7f00:1::
    2001:db8::1 3fff::1 5f00::1 fc00::1 fe80::1 fec0::1 ff02::1`.split(/\s+/)
  const dns = await startDnsServer(t, (name) => [addresses[Number(name.split(".")[0])]!])
  const urls = (port: number) => addresses.map((_, i) => `https://${i}.test:${port}/`)
  await assertNothingGoes(t, urls, { resolve: askingDns({ servers: [dns.server] }) })
})

test("an address that is not public is never dialled, wherever it stands among public ones", async (t) => {
  // 127.0.0.2 plays the public address; all others of loopback, on the same port, are the trap.
  const receiver = await startReceiver(t, undefined, { host: "127.0.0.2" })
  const trap = await listen(t, net.createServer(), "127.0.0.1", receiver.port)
  const dns = await startDnsServer(t, (name) =>
    name.startsWith("a.") ? ["127.0.0.1", "127.0.0.2"] : ["127.0.0.2", "::1", "127.0.0.1"],
  )
  const rules = { allowedNetworks: parseNetworks("127.0.0.2/32") }
  const resolve = askingDns({ servers: [dns.server] })
  const { post } = startSender(t, { ...rules, resolve })
  for (const host of ["a.test", "b.test"]) {
    const url = `http://${host}:${receiver.port}/`
    assert.deepEqual(await checkUrl(url, { ...rules, resolve }), { ok: true })
    assert.equal((await post(url)).error, null)
  }
  receiver.server.close()
  receiver.closeConnections()
  await until(() => receiver.openConnections() === 0)
  for (const host of ["a.test", "b.test"])
    assert.match((await post(`http://${host}:${receiver.port}/`)).error ?? "", /left out: loopback/)
  assert.equal(trap.connections(), 0)
})

test("a kept connection to an address that is allowed no more is not used again", async (t) => {
  const receiver = await startReceiver(t)
  let addresses = ["127.0.0.1"]
  let now = 0
  const { post } = startSender(t, { resolve: async () => addresses, now: () => now })
  const url = `http://moved.test:${receiver.port}/`
  assert.equal((await post(url)).error, null)
  addresses = ["127.0.0.2"]
  now += 5_000
  assert.equal((await post(url)).error, "connection refused")
  assert.equal(receiver.requests.length, 1)
})

test("what a tenant's name resolves to within our networks is not told", async (t) => {
  const dns = await startDnsServer(t, () => ["10.9.8.7"])
  const resolve = askingDns({ servers: [dns.server] })
  const check = await checkUrl("https://db.internal/", { allowedNetworks, resolve })
  assert.equal(
    !check.ok && check.reason,
    "db.internal resolves to an address that is not public (private IPv4)",
  )
  const outcome = await startSender(t, { resolve }).post("https://db.internal/")
  assert.doesNotMatch(JSON.stringify(outcome), /10\.9\.8\.7/)
})

// 127.0.0.2 plays the public address, so that no test depends on the world; 127.0.0.1 is the trap on the same port.
async function startRebinding(t: TestContext, isSuccess: (count: number) => boolean) {
  const trap = await listen(t, net.createServer())
  const receiver = await startReceiver(t, undefined, { host: "127.0.0.2", port: trap.port })
  const dns = await startDnsServer(t, (_, count) => [isSuccess(count) ? "127.0.0.2" : "127.0.0.1"])
  let now = 0
  const rules = { allowedNetworks: parseNetworks("127.0.0.2/32"), now: () => now }
  const resolve = askingDns({ servers: [dns.server] })
  const { post } = startSender(t, { ...rules, resolve })
  const url = `http://rebind.test:${trap.port}/`
  const later = () => (now += 60_000)
  return {
    trap,
    receiver,
    dns,
    post,
    url,
    later,
    check: () => checkUrl(url, { ...rules, resolve }),
  }
}

test("a DNS server that answers public first and private next reaches nothing: it is asked once", async (t) => {
  const { trap, receiver, dns, post, url } = await startRebinding(t, (count) => count === 1)
  assert.ok((await post(url)).ok)
  assert.equal(dns.asked("rebind.test"), 1)
  assert.equal(receiver.requests.length, 1)
  assert.equal(receiver.requests[0]?.headers.host, `rebind.test:${trap.port}`)
  assert.equal(trap.connections(), 0)
})

test("an endpoint whose DNS changed after its registration, or between deliveries, is refused", async (t) => {
  const { trap, receiver, post, url, later, check } = await startRebinding(t, (count) => count <= 2)
  assert.deepEqual(await check(), { ok: true })
  assert.ok((await post(url)).ok)
  later()
  // The connection to the good address is still open, and must not serve a name that has left it.
  const outcome = await post(url)
  assert.equal(
    outcome.error,
    "refused: rebind.test resolves to an address that is not public (loopback IPv4)",
  )
  assert.equal(receiver.requests.length, 1)
  assert.equal(trap.connections(), 0)
})

test("answers that change with every question never lead astray", async (t) => {
  const { trap, receiver, post, url, later } = await startRebinding(t, (count) => count % 2 === 1)
  for (let i = 0; i < 40; i++) {
    const { ok, error } = await post(url)
    assert.ok(ok || error?.startsWith("refused: "), error ?? "")
    later()
  }
  assert.equal(receiver.requests.length, 20)
  assert.equal(trap.connections(), 0)
})
