import { createServer } from "node:net"
import { once } from "node:events"
import { loadavg } from "node:os"
import { marshall } from "@aws-sdk/util-dynamodb"
import { BatchWriteItemCommand } from "@aws-sdk/client-dynamodb"
import pMap from "p-map"
import { entries } from "../api/scale-log.ts"
import { makeDir } from "../harness/directory.ts"
import { operatorKey, startRingback } from "../harness/ringback.ts"
import { makeClients } from "../harness/stack.ts"
import { percentile, table } from "./report.ts"

// How long `npm start` takes for each page of the portal, of a tenant with many deliveries and as many endpoints as it may
// have: from the request to the last byte, over HTTP on this machine.

const COUNT = Number(process.env["BENCH_COUNT"] ?? 100_000)
const VISITS = 25
const MAX_ENDPOINTS = 200
// The first page of the operator's list has twenty.
const OTHER_TENANTS = 20
const TABLE = "RingbackTable"

const undo: (() => void | Promise<void>)[] = []
const context = { after: (clean: () => void | Promise<void>) => void undo.push(clean) }

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, "close")
  return port
}

async function fill(port: number, size: number, call: Ringback["call"]) {
  const { id } = await call<{ id: string }>("POST", "/tenants", { name: `Has ${size}` })
  const source = await call<{ id: string }>("POST", `/tenants/${id}/sources`, { name: "PBX" })
  const endpoints = await pMap(
    Array.from({ length: MAX_ENDPOINTS }, (_, index) => `http://127.0.0.1:9/${index}`),
    (url) => call<{ id: string }>("POST", `/tenants/${id}/endpoints`, { url }),
    { concurrency: 4 },
  )
  const endpointIds = endpoints.map((each) => each.id)
  const { dynamodb, close } = makeClients({ dynamodbUrl: `http://127.0.0.1:${port}` })
  const items = Array.from({ length: size }, (_, index) =>
    entries(id, endpointIds, source.id, index),
  ).flatMap((entry) => entry.items)
  const requests = items.map((item) => ({ PutRequest: { Item: marshall(item) } }))
  const batches = Array.from({ length: Math.ceil(requests.length / 25) }, (_, index) =>
    requests.slice(index * 25, index * 25 + 25),
  )
  await pMap(
    batches,
    (batch) => dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [TABLE]: batch } })),
    { concurrency: 8 },
  )
  close()
  return id
}

type Ringback = Awaited<ReturnType<typeof startRingback>>

async function signIn(url: string): Promise<string> {
  const answer = await fetch(`${url}/portal/sign-in`, {
    method: "POST",
    redirect: "manual",
    headers: { "sec-fetch-site": "same-origin" },
    body: new URLSearchParams({ key: operatorKey }),
  })
  const cookie = answer.headers.get("set-cookie")?.split(";", 1)[0]
  if (!cookie) throw new Error(`no session: ${answer.status} ${await answer.text()}`)
  return cookie
}

const port = await freePort()
const ringback = await startRingback(context, {
  RINGBACK_DATA_DIR: makeDir(),
  RINGBACK_DYNAMODB_PORT: String(port),
  RINGBACK_DEMO: "0",
  RINGBACK_ALLOWED_NETWORKS: "127.0.0.0/8",
  RINGBACK_API_RATE_LIMIT: "0",
})
try {
  const { apiUrl } = ringback.ready
  const cookie = await signIn(apiUrl)
  const sizes = [100, COUNT]
  const tenants: string[] = []
  for (const size of sizes) tenants.push(await fill(port, size, ringback.call))
  for (let other = 0; other < OTHER_TENANTS; other++)
    await ringback.call("POST", "/tenants", { name: `Other ${other}` })
  const firstEndpoint = new Map<string, string>()
  for (const id of tenants) {
    const path = `/tenants/${id}/endpoints?limit=1`
    const { data } = await ringback.call<{ data: { id: string }[] }>("GET", path)
    firstEndpoint.set(id, data[0]!.id)
  }
  const pages = (id: string) => ({
    overview: `/portal/${id}`,
    "overview of a week": `/portal/${id}?window=week`,
    calls: `/portal/${id}/calls`,
    "search for earlier calls": `/portal/${id}/calls?earlier=1`,
    events: `/portal/${id}/events`,
    deliveries: `/portal/${id}/deliveries`,
    "failed deliveries": `/portal/${id}/deliveries?status=failed`,
    endpoints: `/portal/${id}/endpoints`,
    "an endpoint": `/portal/${id}/endpoints/${firstEndpoint.get(id)}`,
    PBXes: `/portal/${id}/sources`,
    "the operator's tenants": "/portal/tenants",
  })
  const open = async (at: string) => {
    const startedAt = performance.now()
    const answer = await fetch(`${apiUrl}${at}`, { headers: { cookie } })
    const text = await answer.text()
    if (answer.status !== 200) throw new Error(`${at}: ${answer.status} ${text}`)
    return { ms: performance.now() - startedAt, bytes: Buffer.byteLength(text) }
  }
  const rows: [string, ...string[]][] = []
  for (const name of Object.keys(pages(""))) {
    const row: [string, ...string[]] = [name]
    for (const tenant of tenants) {
      const at = pages(tenant)[name as keyof ReturnType<typeof pages>]
      const visits: { ms: number; bytes: number }[] = []
      for (let visit = 0; visit < VISITS; visit++) visits.push(await open(at))
      const times = visits.map(({ ms }) => ms)
      row.push(percentile(times, 0.5).toFixed(0), percentile(times, 0.95).toFixed(0))
      if (tenant === tenants.at(-1)) row.push(`${(visits[0]!.bytes / 1024).toFixed(1)} KB`)
    }
    rows.push(row)
  }
  const heads = sizes.flatMap((size) => [`  ${size}: p50 ms`, "  p95 ms"])
  console.log(`Load average ${loadavg()[0]!.toFixed(1)}; ${VISITS} visits of each page.`)
  console.log(table(["Page, by deliveries of its tenant", ...heads, "its HTML"], rows))
} finally {
  await ringback.kill()
  for (const clean of undo.reverse()) await clean()
}
process.exit()
