import assert from "node:assert/strict"
import { after, before, beforeEach } from "node:test"
import * as BreakerState from "@ringback/store/breaker-state"
import * as Connector from "@ringback/store/connector"
import { commonShards, listDue } from "@ringback/store/due"
import * as OAuthToken from "@ringback/store/oauth-token"
import { startApi, type Sent, type TestApi } from "../api/api.ts"
import { startWorld, type World } from "../harness/world.ts"
import { person } from "./person.ts"

export let world: World
export let api: TestApi
before(async () => {
  world = await startWorld()
  api = await startApi({ stack: world.stack, now: Date.now })
})
after(() => world.close())
beforeEach(() => world.begin())

export const SECRETS = ["very-secret-header", "very-secret-token", "very-secret-refresh"]
export const ada = person("Adalbert")

export const own = () => `/v1/tenants/${world.customer.tenant}`
export const call = async (route: string, sent?: Sent) => {
  const [method, rest] = route.split(" ")
  const answered = await api.call(`${method} ${own()}${rest}`, sent)
  assert.ok(answered.status < 300, `${route}: ${answered.text}`)
  return answered
}

/** Long enough for a deletion, however often it looks again. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 16; round++) {
    await world.pump()
    world.advance(15_000)
  }
  await world.pump()
}

/** What a worker keeps of an endpoint that signs in by OAuth to a CRM. */
export async function signIn(endpointId: string, credentials = "sealed"): Promise<void> {
  const { table } = world.deps
  const { tenant } = world.customer
  const tokens = { accessToken: SECRETS[1]!, refreshToken: SECRETS[2]! }
  const whose = { tenant, endpointId, credentials, revision: 1 }
  await OAuthToken.put(table, whose, tokens, world.now() + 3600_000)
  const logging = { tenant, endpointId, fingerprint: "of its settings" }
  await Connector.keepAccount(table, logging, { owner: "Adalbert" })
  const logged = { ...logging, uuid: ada.dialing, owner: "an attempt" }
  await Connector.begin(table, logged, 45_000)
  await Connector.keepCall(table, logged, { contactId: "contact of Adalbert" })
}

/** An endpoint that rests, with a delivery parked. */
export async function resting() {
  const endpoint = await world.addEndpoint({ eventTypes: ["dialing.created"] })
  await BreakerState.open(world.deps.table, world.customer.tenant, endpoint.id, world.now())
  return endpoint
}

export const dueOf = async (endpointId: string) => {
  const pages = await Promise.all(
    commonShards.map((shard) => listDue(world.deps.table, shard, Number.MAX_SAFE_INTEGER, 250)),
  )
  return pages.flatMap(({ entries }) => entries).filter((entry) => entry.endpointId === endpointId)
}
