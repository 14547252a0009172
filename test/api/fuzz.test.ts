import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import fc from "fast-check"
import { parseNetworks } from "@ringback/webhooks/address"
import { makeSender } from "@ringback/webhooks/send"
import { startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { makeTenant, startApi, type Answered, type TestApi } from "./api.ts"
import { junkRequests, type JunkRequest } from "./junk.ts"
import { makeWorld } from "./world.ts"

// `RINGBACK_FUZZ_REQUESTS=10000 RINGBACK_FUZZ_SEED=1 node --test test/api/fuzz.test.ts` for the long run.
const count = Number(process.env["RINGBACK_FUZZ_REQUESTS"] ?? 250)
const seed = Number(process.env["RINGBACK_FUZZ_SEED"] ?? 20261122)

let api: TestApi
let receiver: TestReceiver
before(async () => {
  receiver = await startReceiver()
  const allowedNetworks = parseNetworks("127.0.0.0/8")
  const sender = makeSender({
    allowedNetworks,
    resolve: async () => [],
    timeouts: { totalMs: 500 },
  })
  api = await startApi({ sender })
})
after(async () => {
  await receiver.close()
  await api.close()
})

test(`${count} random requests (seed ${seed}) get answers that the document knows, and never a 500`, async (t) => {
  const known: Record<string, string[]> = {}
  const world = await renew()
  const other = await makeTenant(api)
  const urls = [
    receiver.url,
    receiver.url,
    "https://example.com/hook",
    "https://10.0.0.1/",
    "x:y",
    "",
  ]
  const statuses: Record<string, number> = {}

  const requests = fc.sample(junkRequests(urls), { seed, numRuns: count })
  for (const [index, request] of requests.entries()) {
    // A deleted tenant makes all that was known a 404: it is done seldom, and then there is a new one.
    const isDeletion = request.method === "DELETE" && request.path.endsWith("{tenantId}")
    if (isDeletion && index % 10 > 0) continue
    const answer = await send(request)
    if (isDeletion && answer.status === 204) Object.assign(world, await renew())
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
    learn(answer, known)
  }
  t.diagnostic(`by status: ${JSON.stringify(statuses)}`)
  assert.equal((await api.call("GET /healthz")).status, 200)

  async function renew() {
    const made = await makeWorld(api, receiver.url)
    for (const [name, id] of Object.entries(made.ids)) known[name] = [id]
    // Its own key is not to be revoked: what follows would be 401s.
    const spare = await api.call(`POST ${made.path}/keys`, { body: { name: "spare" } })
    known["keyId"] = [spare.body.id]
    return made
  }

  function send({ method, path, query, body, headers, places, who }: JunkRequest) {
    const next = places.values()
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
      const { at, junk } = next.next().value ?? { at: 0, junk: "" }
      const ids = known[name]!
      return at < 0 ? junk : ids.at(-1 - (at % ids.length))!
    })
    const key = { operator: undefined, tenant: world.key, other: other.key, nobody: null }[who]
    return api.call(`${method} ${filled}${query && `?${query}`}`, {
      ...(key !== undefined && { key }),
      ...(body !== undefined && { text: body }),
      headers,
    })
  }
})

const PREFIXES = {
  key: "keyId",
  src: "sourceId",
  ep: "endpointId",
  evt: "eventId",
  dlv: "deliveryId",
}

function learn({ body, status }: Answered, known: Record<string, string[]>) {
  if (status >= 300 || typeof body?.id !== "string") return
  const name = PREFIXES[body.id.split("_")[0] as keyof typeof PREFIXES]
  if (name && known[name]!.push(body.id) > 30) known[name]!.shift()
}
