import assert from "node:assert/strict"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createServer as createHttpsServer } from "node:https"
import { connect, type AddressInfo, type Server } from "node:net"
import {
  createServer as createTlsServer,
  getCACertificates,
  setDefaultCACertificates,
} from "node:tls"
import { after, before, test } from "node:test"
import { SendMessageCommand } from "@aws-sdk/client-sqs"
import { proxyOrigin, readProxy } from "@ringback/collector/proxy"
import { makeSqs } from "@ringback/collector/sqs"
import {
  collectorEnvironment,
  IngestQueue,
  makeSpoolDir,
  runProcess,
  spawnCollector,
} from "../harness/collector.ts"
import { startConnectProxy } from "../harness/connect-proxy.ts"
import { Pbx } from "../harness/pbx.ts"
import { until } from "../harness/until.ts"

const pathOf = (name: string) => new URL(`../fixtures/tls/ami-${name}`, import.meta.url).pathname
const certificate = {
  key: readFileSync(pathOf("pbx.key")),
  cert: readFileSync(pathOf("localhost.pem")),
}

let queue: IngestQueue
let pbx: Pbx
let sqs: Server
let api: Server
let proxy: Awaited<ReturnType<typeof startConnectProxy>>
const spool = makeSpoolDir()

const portOf = (server: Server) => (server.address() as AddressInfo).port

before(async () => {
  queue = await IngestQueue.start()
  pbx = await Pbx.start()
  proxy = await startConnectProxy()
  // SQS and the API as they are on the Internet: with TLS.
  sqs = createTlsServer(certificate, (near) => {
    const far = connect(queue.port, "127.0.0.1")
    near.pipe(far).pipe(near)
    near.on("error", () => far.destroy())
    far.on("error", () => near.destroy())
  })
  api = createHttpsServer(certificate, (_, response) => void response.writeHead(401).end())
  for (const server of [sqs, api]) await once(server.listen(0, "127.0.0.1"), "listening")
})
after(async () => {
  await proxy.close()
  sqs.close()
  api.close()
  await pbx.close()
  await queue.close()
  spool.remove()
})

const environment = (own: Record<string, string>) => ({
  ...collectorEnvironment(pbx, queue, spool.dir),
  NODE_EXTRA_CA_CERTS: pathOf("ca.pem"),
  AWS_ENDPOINT_URL_SQS: `https://localhost:${portOf(sqs)}`,
  RINGBACK_API_URL: `https://localhost:${portOf(api)}`,
  HTTPS_PROXY: proxy.url,
  ...own,
})

test("SQS and the API are reached through HTTPS_PROXY, and the log says which", async (t) => {
  const child = spawnCollector(environment({}))
  t.after(() => child.kill("SIGKILL"))
  let log = ""
  child.stdout!.on("data", (chunk: Buffer) => (log += chunk.toString()))
  await until(() => pbx.sessionCount === 1)
  pbx.emit("OutPlanCreate", [["Uuid", "p"]])
  await until(async () => (await queue.read()).events.length === 1)
  await until(() => log.includes('"event":"token.refused"'))
  child.kill("SIGTERM")
  await once(child, "exit")
  const places = [`localhost:${portOf(api)}`, `localhost:${portOf(sqs)}`]
  assert.deepEqual([...new Set(proxy.asked)].sort(), places.sort())
  assert.ok(log.includes(`"proxy":"${proxy.url}"`), log)
})

test("one connection carries the requests to SQS, one after another", async (t) => {
  const trusted = getCACertificates()
  setDefaultCACertificates([...trusted, readFileSync(pathOf("ca.pem"), "utf8")])
  t.after(() => setDefaultCACertificates(trusted))
  let connectionCount = 0
  const queueServer = createHttpsServer(certificate, (_, response) => void response.end("{}"))
  queueServer.on("secureConnection", () => connectionCount++)
  await once(queueServer.listen(0, "127.0.0.1"), "listening")
  const queueUrl = `https://localhost:${portOf(queueServer)}/0/ingest`
  const client = makeSqs("eu-west-1", queueUrl, {})
  t.after(() => {
    client.destroy()
    queueServer.close()
  })
  for (let count = 0; count < 3; count++)
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "x" }))
  assert.equal(connectionCount, 1)
})

test("NO_PROXY names what is reached without it", async () => {
  const before = proxy.asked.length
  const { stdout, code } = await runProcess(environment({ NO_PROXY: "localhost" }), "--check")
  assert.equal(code, 0)
  assert.match(stdout, /^ok +queue: accepted a message/m)
  assert.equal(proxy.asked.length, before)
})

test("a proxy that is no URL is named, and a password in its URL is never shown", () => {
  for (const HTTPS_PROXY of ["proxy.example.com", "proxy:3128", "socks5://proxy:1080"]) {
    assert.throws(() => readProxy({ HTTPS_PROXY }), /^SettingError: HTTPS_PROXY must be a URL/)
  }
  const proxy = readProxy({ https_proxy: "http://user:s3cret@proxy.example.com:3128/" })
  assert.equal(proxyOrigin(proxy), "http://proxy.example.com:3128")
  assert.equal(proxyOrigin(readProxy({ HTTPS_PROXY: "" })), null)
})

test("of two spellings the one in lower case counts", () => {
  const HTTPS_PROXY = "http://upper:3128"
  const read = { HTTPS_PROXY, NO_PROXY: "upper" }
  assert.deepEqual(readProxy(read), read)
  const lower = { https_proxy: "http://lower:3128", no_proxy: "lower" }
  assert.deepEqual(readProxy({ ...read, ...lower }), {
    HTTPS_PROXY: lower.https_proxy,
    NO_PROXY: lower.no_proxy,
  })
})
