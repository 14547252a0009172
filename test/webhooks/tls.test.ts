import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import net from "node:net"
import { test, type TestContext } from "node:test"
import type { TLSSocket } from "node:tls"
import { promisify } from "node:util"
import { listen, startReceiver, startSender } from "./receiver.ts"

const pem = (name: string) =>
  readFileSync(new URL(`../fixtures/tls/webhook-${name}.pem`, import.meta.url), "utf8")
const ca = pem("ca")
const key = pem("key")
const resolve = async () => ["127.0.0.1"]

const startSecure = (t: TestContext, certificate = "receiver") =>
  startReceiver(t, undefined, { tls: { key, cert: pem(certificate) } })

test("a certificate that fits is taken, over HTTP/1.1 and a connection that is kept", async (t) => {
  const receiver = await startSecure(t)
  const names: unknown[] = []
  receiver.server.on("secureConnection", (socket: TLSSocket) =>
    names.push(socket.servername, socket.alpnProtocol),
  )
  const { post } = startSender(t, { ca, resolve })
  for (const host of ["receiver.test", "receiver.test", "RECEIVER.test."])
    assert.equal((await post(`https://${host}:${receiver.port}/`)).error, null)
  assert.deepEqual(names.slice(0, 2), ["receiver.test", "http/1.1"])
  assert.equal(receiver.connections(), 1)
  assert.equal(receiver.requests[0]?.headers.host, `receiver.test:${receiver.port}`)
})

test("a URL with an address is checked against the addresses of the certificate", async (t) => {
  const receiver = await startSecure(t)
  const { post } = startSender(t, { ca })
  assert.equal((await post(receiver.origin)).error, null)
  const other = await post(`https://127.0.0.2:${receiver.port}/`)
  assert.equal(other.ok, false)
})

test("a certificate for another host, out of date, self-signed or of a stranger is refused", async (t) => {
  const cases: [string, string, string | undefined, RegExp][] = [
    ["receiver", "other.test", ca, /^TLS: the certificate is not for other\.test$/],
    ["expired", "receiver.test", ca, /^TLS: certificate has expired$/],
    ["self-signed", "receiver.test", ca, /^TLS: self-signed certificate$/],
    ["receiver", "receiver.test", undefined, /^TLS: unable to verify the first certificate/],
  ]
  for (const [certificate, host, authority, words] of cases) {
    const receiver = await startSecure(t, certificate)
    const { post } = startSender(t, { resolve, ...(authority && { ca: authority }) })
    for (let i = 0; i < 2; i++) {
      const outcome = await post(`https://${host}:${receiver.port}/`)
      assert.equal(outcome.ok, false)
      assert.match(outcome.error ?? "", words)
    }
    assert.equal(receiver.requests.length, 0)
  }
})

test("a name that was verified does not vouch for another at the same address", async (t) => {
  const receiver = await startSecure(t)
  const { post } = startSender(t, { ca, resolve })
  assert.ok((await post(`https://receiver.test:${receiver.port}/`)).ok)
  const outcome = await post(`https://other.test:${receiver.port}/`)
  assert.equal(outcome.error, "TLS: the certificate is not for other.test")
})

test("no session is resumed: each connection has its certificate checked against the name", async (t) => {
  const server = { tls: { key, cert: pem("receiver") } }
  const receiver = await startReceiver(
    t,
    (_, response) => response.setHeader("connection", "close").end(),
    server,
  )
  const reused: boolean[] = []
  receiver.server.on("secureConnection", (socket: TLSSocket) =>
    reused.push(socket.isSessionReused()),
  )
  const { post } = startSender(t, { ca, resolve })
  for (let i = 0; i < 3; i++) assert.ok((await post(`https://receiver.test:${receiver.port}/`)).ok)
  assert.deepEqual(reused, [false, false, false])
})

test("the switch that turns verification off for all of Node does not reach webhooks", async (t) => {
  const receiver = await startSecure(t, "self-signed")
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0"
  t.after(() => delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"])
  const { post } = startSender(t, { ca, resolve })
  const outcome = await post(`https://receiver.test:${receiver.port}/`)
  assert.equal(outcome.error, "TLS: self-signed certificate")
})

test("https to a port that speaks plain http fails in plain words", async (t) => {
  const receiver = await startReceiver(t)
  const outcome = await startSender(t).post(`https://127.0.0.1:${receiver.port}/`)
  assert.match(outcome.error ?? "", /^TLS: /)
  const closing = await listen(
    t,
    net.createServer((socket) => socket.destroy()),
  )
  const closed = await startSender(t).post(`https://127.0.0.1:${closing.port}/`)
  assert.match(closed.error ?? "", /closed/)
})

test("proxies of the environment are not used, whatever asks Node to use them", async (t) => {
  const proxy = await startReceiver(t)
  const receiver = await startReceiver(t)
  const script = `
    import { makeSender } from "@ringback/webhooks/send"
    import { parseNetworks } from "@ringback/webhooks/address"
    const sender = makeSender({ allowedNetworks: parseNetworks("127.0.0.0/8") })
    const url = ${JSON.stringify(receiver.origin)}
    console.log((await sender.send({ endpointId: "ep_1", url, headers: {}, body: "{}" })).statusCode)
    sender.close()`
  const env = { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: proxy.origin, HTTPS_PROXY: proxy.origin }
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module-typescript", "--eval", script],
    { env: { ...process.env, ...env, http_proxy: proxy.origin, NO_PROXY: "" } },
  )
  assert.equal(stdout.trim(), "200")
  assert.equal(receiver.requests.length, 1)
  assert.equal(proxy.connections(), 0)
})
