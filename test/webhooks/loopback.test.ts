import { parseNetworks } from "@ringback/webhooks/address"
import { loopbackOf } from "@ringback/webhooks/loopback"
import { makeSender } from "@ringback/webhooks/send"
import { checkUrl } from "@ringback/webhooks/url"
import assert from "node:assert/strict"
import { test } from "node:test"
import { startReceiver } from "../harness/receiver.ts"

test("a URL names loopback by an address or as localhost, and no other name does", () => {
  const cases: [url: string, loopback: string | undefined][] = [
    ["http://127.0.0.1:3000/a", "127.0.0.1:3000"],
    ["http://127.0.0.1/", "127.0.0.1:80"],
    ["https://127.255.0.9/", "127.255.0.9:443"],
    ["http://2130706433:81/", "127.0.0.1:81"],
    ["http://[::1]:81/", "[::1]:81"],
    ["http://[::ffff:127.0.0.1]:81/", "[::ffff:7f00:1]:81"],
    ["http://LOCALHOST:81/", "localhost:81"],
    ["http://app.localhost:81/", "app.localhost:81"],
    ["http://localhost.example.com/", undefined],
    ["http://127.0.0.1.example.com/", undefined],
    ["http://notlocalhost/", undefined],
    ["http://128.0.0.1/", undefined],
    ["http://10.0.0.1/", undefined],
    ["http://0.0.0.0/", undefined],
    ["http://[::ffff:10.0.0.1]/", undefined],
    ["http://[::2]/", undefined],
    ["nothing", undefined],
  ]
  for (const [url, loopback] of cases) assert.equal(loopbackOf(url), loopback, url)
})

test("an allowed loopback is that host at that port, over http too, and nothing else", async () => {
  const resolve = async (host: string) => (host === "localhost" ? ["127.0.0.1", "10.0.0.7"] : [])
  const rules = { allowedNetworks: [], resolve }
  const isOk = async (url: string, allowedLoopback: string | null) =>
    (await checkUrl(url, { ...rules, allowedLoopback })).ok
  assert.equal(await isOk("http://127.0.0.1:81/", "127.0.0.1:81"), true)
  assert.equal(await isOk("http://localhost:81/", "localhost:81"), true)
  assert.equal(await isOk("https://127.0.0.1/", "127.0.0.1:443"), true)
  for (const url of ["http://127.0.0.1:82/", "http://127.0.0.2:81/", "http://localhost:81/"])
    assert.equal(await isOk(url, "127.0.0.1:81"), false, url)
  assert.equal(await isOk("http://127.0.0.1:81/", null), false)
  assert.equal(await isOk("http://10.0.0.7:81/", "10.0.0.7:81"), false)
  assert.equal(await isOk("http://named.test:81/", "named.test:81"), false)
})

test("an allowed localhost is dialled at loopback addresses alone", async () => {
  const allowedLoopback = "localhost:81"
  const check = (found: string[]) =>
    checkUrl("http://localhost:81/", {
      allowedNetworks: [],
      allowedLoopback,
      resolve: async () => found,
    })
  assert.deepEqual(await check(["127.0.0.1", "::1", "10.0.0.7"]), { ok: true })
  for (const found of ["10.0.0.7", "169.254.169.254", "fd00::1", "93.184.216.34"])
    assert.equal((await check([found])).ok, false, found)
})

test("a sender obeys an endpoint's allowed loopback on one machine alone, at its exact port", async (t) => {
  const receiver = await startReceiver()
  t.after(() => receiver.close())
  const allowedLoopback = new URL(receiver.url).host
  const request = { endpointId: "ep_1", url: receiver.url, headers: {}, body: "{}" }
  const local = makeSender({ allowedNetworks: [], operatorLoopback: true })
  const deployed = makeSender({ allowedNetworks: [] })
  t.after(() => (local.close(), deployed.close()))

  assert.equal((await local.send({ ...request, allowedLoopback })).ok, true)
  assert.equal(receiver.arrived.length, 1)
  const refused = [
    local.send(request),
    local.send({ ...request, allowedLoopback: "127.0.0.1:9" }),
    deployed.send({ ...request, allowedLoopback }),
  ]
  for (const { error } of await Promise.all(refused)) assert.match(error ?? "", /^refused: /)
  assert.equal(receiver.arrived.length, 1)
})

test("with networks of its own an endpoint keeps them beside its allowed loopback", async () => {
  const rules = { allowedNetworks: parseNetworks("10.0.0.0/8"), allowedLoopback: "127.0.0.1:81" }
  for (const url of ["http://10.0.0.7/", "http://127.0.0.1:81/"])
    assert.deepEqual(await checkUrl(url, rules), { ok: true }, url)
})
