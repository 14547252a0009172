import assert from "node:assert/strict"
import { createServer, type AddressInfo } from "node:net"
import { once } from "node:events"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { after, before, test } from "node:test"
import type { SQSEvent } from "aws-lambda"
import { makeOutbound } from "@ringback/functions/endpoint-kinds/send-by-kind"
import { deliverHandler } from "@ringback/functions/deliver"
import { formatDelivery } from "@ringback/functions/messages/delivery"
import { makeContext } from "@ringback/local/lambda"
import { askingDns, resolveHost } from "@ringback/webhooks/resolve"
import { makeSender, type Sender } from "@ringback/webhooks/send"
import * as Delivery from "@ringback/store/delivery"
import type { Permission } from "@ringback/store/endpoint"
import { deliveryId, deliveryRef } from "@ringback/store/item-keys"
import { makeTenant, startApi, type TestApi } from "../api/api.ts"
import { makeEndpoint } from "../harness/system.ts"
import { startDnsServer } from "../webhooks/dns-server.ts"
import { corpus } from "../webhooks/ssrf-corpus.ts"

// The same addresses through the API, which refuses them, and through the delivery of an endpoint that got into the table
// all the same: no connection is begun, wherever to, but to the embedded services.

let api: TestApi
let trapPort: number
let caught = 0
const services = new Set<number>()

const trap = createServer((socket) => {
  caught++
  socket.destroy()
})

/** Counts every connection that this process begins to a port that is none of the embedded services'. */
function countForeign(message: unknown) {
  const { socket } = message as { socket: { once: (event: string, on: () => void) => void } }
  const target = socket as unknown as { remotePort?: number }
  socket.once("connect", () => {
    if (target.remotePort !== undefined && !services.has(target.remotePort)) caught++
  })
}

before(async () => {
  await once(trap.listen(0, "127.0.0.1"), "listening")
  trapPort = (trap.address() as AddressInfo).port
  api = await startApi()
  for (const url of [api.stack.sqsUrl, api.stack.dynamodbUrl])
    services.add(Number(new URL(url).port))
  // As deployed: no network is allowed but for one that the corpus does not aim at.
  api.deps.urlRules.allowedNetworks = []
  // As on one machine, where the operator could allow more: the corpus comes from a tenant.
  api.deps.urlRules.operatorLoopback = true
  subscribe("net.client.socket", countForeign)
})
after(async () => {
  unsubscribe("net.client.socket", countForeign)
  trap.close()
  await api.close()
})

/** One attempt for an endpoint with that URL, whatever registration would have said of it. */
async function attempt(tenant: string, url: string, sender: Sender, permission: Permission = {}) {
  const { deps } = api
  const { endpoint } = await makeEndpoint(deps, tenant, url, permission)
  const ref = deliveryRef("evt_x", endpoint.id, Date.now())
  const about = { tenant, endpointId: endpoint.id, eventId: "evt_x", eventType: "campaign.updated" }
  const message = {
    v: 1 as const,
    ...about,
    deliveryId: deliveryId(ref),
    turn: 0,
    madeAt: Date.now(),
    body: "{}",
  }
  const record = {
    messageId: "m",
    body: formatDelivery(message),
    attributes: { ApproximateReceiveCount: "1" },
  }
  const deliver = deliverHandler({ ...deps, outbound: makeOutbound({ table: deps.table, sender }) })
  await deliver({ Records: [record] } as unknown as SQSEvent, makeContext(60_000))
  const delivery = await Delivery.get(deps.table, tenant, ref, { consistent: true })
  return { endpoint, attempts: delivery!.attempts }
}

test("no spelling of a private address is registered, nor dialled where it is in the table", async () => {
  const { id: tenant, path, key } = await makeTenant(api)
  const urls = corpus(trapPort)
  api.deps.urlRules.resolve = resolveHost
  assert.ok(urls.length >= 60)
  for (const url of urls) {
    const refused = await api.call(`POST ${path}/endpoints`, { key, body: { url } })
    assert.equal(refused.status, 400, `${url} was registered`)
    assert.match(refused.body.code, /^(endpoint\.url_refused|request\.invalid)$/, url)
  }
  const sender = makeSender({ allowedNetworks: [], operatorLoopback: true })
  // A share of them through the whole delivery: the sender's own test goes through all.
  for (const url of urls.filter((_, index) => index % 4 === 0)) {
    const { attempts } = await attempt(tenant, url, sender)
    assert.match(attempts[0]!.error!, /^refused: /, url)
  }
  sender.close()
  assert.equal(caught, 0)
})

test("an endpoint whose name resolves to a private address later is not dialled there", async (t) => {
  const { server } = await startDnsServer(t, (_name, count) =>
    count <= 1 ? ["93.184.215.14"] : ["127.0.0.1"],
  )
  const resolve = askingDns({ servers: [server] })
  api.deps.urlRules.resolve = resolve
  const { id: tenant, path, key } = await makeTenant(api)
  const url = `https://rebinding.example:${trapPort}/`
  const made = await api.call(`POST ${path}/endpoints`, { key, body: { url } })
  assert.equal(made.status, 201, made.text)
  const sender = makeSender({ allowedNetworks: [], resolve })
  const { attempts } = await attempt(tenant, url, sender)
  assert.match(attempts[0]!.error!, /^refused: /)
  sender.close()
  assert.equal(caught, 0)
})

test("an endpoint that may reach one port of this machine is dialled at no other", async () => {
  const { id: tenant } = await makeTenant(api)
  const permission = { allowedLoopback: `127.0.0.1:${trapPort}` }
  const refused = [
    `http://localhost:${trapPort}/`,
    `http://127.0.0.2:${trapPort}/`,
    `http://127.0.0.1:${trapPort + 1}/`,
  ]
  const local = makeSender({ allowedNetworks: [], operatorLoopback: true })
  for (const url of refused) {
    const { attempts } = await attempt(tenant, url, local, permission)
    assert.match(attempts[0]!.error!, /^refused: /, url)
  }
  // As deployed, whatever the table says.
  const deployed = makeSender({ allowedNetworks: [] })
  const url = `http://127.0.0.1:${trapPort}/`
  const { attempts } = await attempt(tenant, url, deployed, permission)
  assert.match(attempts[0]!.error!, /^refused: /)
  assert.equal(caught, 0)

  await attempt(tenant, url, local, permission)
  assert.ok(caught > 0)
  caught = 0
  local.close()
  deployed.close()
})
