import { askingDns, rememberAnswers, resolveHost } from "@ringback/webhooks/resolve"
import assert from "node:assert/strict"
import { lookup } from "node:dns/promises"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { startDnsServer } from "./dns-server.ts"
import { startReceiver, startSender } from "./receiver.ts"

test("asks for both kinds of address, IPv4 first", async (t) => {
  const dns = await startDnsServer(t, () => ["2606:4700::1", "93.184.216.34", "93.184.216.35"])
  const resolve = askingDns({ servers: [dns.server] })
  const expected = ["93.184.216.34", "93.184.216.35", "2606:4700::1"]
  assert.deepEqual(await resolve("both.test"), expected)
  assert.deepEqual(await resolve("Both.Test."), expected)
})

test("of an answer with very many addresses, 64 of each kind are kept", async (t) => {
  const many = (prefix: string) => Array.from({ length: 200 }, (_, index) => `${prefix}${index}`)
  const dns = await startDnsServer(t, () => [...many("93.184.216."), ...many("2606:4700::")])
  const addresses = await askingDns({ servers: [dns.server] })("many.test")
  const ofEach = [".", ":"].map((mark) => addresses.filter((each) => each.includes(mark)).length)
  assert.deepEqual(ofEach, [64, 64])
})

test("no such name is an answer without addresses; a server that fails is an error", async (t) => {
  const dns = await startDnsServer(t, (name) => (name === "absent.test" ? undefined : []))
  const resolve = askingDns({ servers: [dns.server] })
  assert.deepEqual(await resolve("absent.test"), [])
  assert.deepEqual(await resolve("empty.test"), [])
  await assert.rejects(askingDns({ servers: ["127.0.0.1:1"] })("any.test"), {
    code: "ECONNREFUSED",
  })
})

test("a host whose IPv6 is never answered gets its webhook at the IPv4 that was", async (t) => {
  const receiver = await startReceiver(t)
  const dns = await startDnsServer(t, (_, __, type) => (type === "A" ? ["127.0.0.1"] : "silence"))
  // Shorter than two tries of a query take.
  const timeouts = { lookupMs: 3_000 }
  const { post } = startSender(t, { resolve: askingDns({ servers: [dns.server] }), timeouts })
  assert.equal((await post(`http://half.test:${receiver.port}/`)).error, null)
})

test("a host whose IPv4 is never answered, or fails, has its IPv6 address", async (t) => {
  const dns = await startDnsServer(t, (name, _, type) => {
    if (type === "AAAA") return ["2606:4700::1"]
    return name === "absent.test" ? undefined : "silence"
  })
  const resolve = askingDns({ servers: [dns.server] })
  for (const host of ["silent.test", "absent.test"])
    assert.deepEqual(await resolve(host), ["2606:4700::1"])
})

test("an IPv4 address that comes a little after the IPv6 one is not left behind", async (t) => {
  const dns = await startDnsServer(t, async (_, __, type) => {
    if (type === "A") await wait(200)
    return ["2606:4700::1", "93.184.216.34"]
  })
  const resolve = askingDns({ servers: [dns.server] })
  assert.deepEqual(await resolve("slow.test"), ["93.184.216.34", "2606:4700::1"])
})

test("the hosts file goes before the servers, and localhost is never asked of them", async (t) => {
  const dns = await startDnsServer(t, () => ["93.184.216.34"])
  const hostsFile = join(mkdtempSync(join(tmpdir(), "hosts-")), "hosts")
  writeFileSync(
    hostsFile,
    "# 10.0.0.9 pbx\n::1 pbx\n10.0.0.1\tother  PBX # 10.0.0.2 x\n\n10.0.0.3 x\n",
  )
  const resolve = askingDns({ servers: [dns.server], hostsFile })
  assert.deepEqual(await resolve("pbx"), ["10.0.0.1", "::1"])
  assert.deepEqual(await resolve("PBX."), ["10.0.0.1", "::1"])
  for (const name of ["localhost", "LOCALHOST.", "any.localhost"])
    assert.deepEqual(await resolve(name), ["127.0.0.1", "::1"])
  assert.deepEqual(await resolve("public.test"), ["93.184.216.34"])
  assert.equal(dns.asked("pbx"), undefined)
  assert.deepEqual(await askingDns({ hostsFile: "/nowhere" })("localhost"), ["127.0.0.1", "::1"])
})

test("silent DNS servers hold up neither other look-ups nor the process's own", async (t) => {
  const dns = await startDnsServer(t, (name) =>
    name.startsWith("silent") ? "silence" : ["93.184.216.34"],
  )
  const resolve = askingDns({ servers: [dns.server], limitMs: 1_000 })
  let ended = 0
  const end = () => void ended++
  const waiting = Array.from({ length: 50 }, (_, i) => resolve(`silent${i}.test`).then(end, end))
  assert.deepEqual(await resolve("fine.test"), ["93.184.216.34"])
  assert.ok((await lookup("localhost")).address)
  assert.equal(ended, 0)
  await Promise.all(waiting)
})

test("a look-up is given up at its limit, which no server can draw out", async (t) => {
  const dns = await startDnsServer(t, () => "silence")
  const resolve = askingDns({ servers: [dns.server], limitMs: 50 })
  await assert.rejects(resolve("silent.test"), { code: "ECANCELLED" })
})

test("a look-up is given up after five seconds by itself", async (t) => {
  const dns = await startDnsServer(t, () => "silence")
  t.mock.timers.enable({ apis: ["setTimeout"] })
  let isOver = false
  const outcome = askingDns({ servers: [dns.server], hostsFile: "/nowhere" })("silent.test")
  outcome.catch(() => (isOver = true))
  while (dns.asked("silent.test") === undefined) await new Promise(setImmediate)
  t.mock.timers.tick(4_999)
  await new Promise(setImmediate)
  assert.equal(isOver, false)
  t.mock.timers.tick(1)
  await assert.rejects(outcome, { code: "ECANCELLED" })
})

test("an answer serves until its time is over, and all who ask meanwhile", async () => {
  let now = 0
  let asked = 0
  const answers: Record<string, string[]> = { "a.test": ["1.1.1.1"], "absent.test": [] }
  const resolve = rememberAnswers(
    async (host) => {
      asked++
      return answers[host] ?? Promise.reject(new Error("failed"))
    },
    5_000,
    () => now,
  )
  await Promise.all([resolve("a.test"), resolve("a.test"), resolve("a.test")])
  assert.equal(asked, 1)
  now = 4_999
  await resolve("a.test")
  assert.equal(asked, 1)
  now = 5_000
  assert.deepEqual(await resolve("a.test"), ["1.1.1.1"])
  assert.equal(asked, 2)
  for (let i = 0; i < 2; i++) assert.deepEqual(await resolve("absent.test"), [])
  for (let i = 0; i < 2; i++) await assert.rejects(resolve("down.test"))
  assert.equal(asked, 6)
})

test("never more than 1,000 answers are kept", async () => {
  let asked = 0
  const resolve = rememberAnswers(
    async () => [`1.1.1.${asked++ % 250}`],
    1_000,
    () => 0,
  )
  for (let i = 0; i <= 1_000; i++) await resolve(`${i}.test`)
  await resolve("1000.test")
  assert.equal(asked, 1_001)
  await resolve("0.test")
  assert.equal(asked, 1_002)
})

test("the machine's own resolver knows localhost", async () => {
  assert.ok((await resolveHost("localhost")).includes("127.0.0.1"))
})
