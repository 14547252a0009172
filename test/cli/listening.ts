import type { TestContext } from "node:test"
import { Webhook } from "standardwebhooks"
import { page, startStandIn } from "./stand-in.ts"

const TENANT = `ten_${"0".repeat(26)}`
export const BASE = `/tenants/${TENANT}`
export const SECRET = `whsec_${Buffer.alloc(24, 7).toString("base64")}`
export const ENDPOINT = `ep_${"0".repeat(26)}`

export const envOf = (api: { url: string }) => ({
  RINGBACK_URL: api.url,
  RINGBACK_KEY: `rbk_${"0".repeat(26)}_k_s`,
})

export const webhook = {
  type: "campaign.updated",
  timestamp: "2026-11-22T06:27:40.281000000Z",
  observedAt: new Date().toISOString(),
  id: `evt_${"0".repeat(32)}`,
  data: { uuid: "a3e3cc0e-083e", name: "spring\u001b[31m", statusName: "start" },
}

/** Sends a webhook as Ringback does, signed by another library than the one that verifies. */
export async function send(url: string, secret = SECRET, at = new Date()): Promise<number> {
  const body = JSON.stringify(webhook)
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "webhook-id": webhook.id,
      "webhook-timestamp": `${Math.floor(at.getTime() / 1000)}`,
      "webhook-signature": new Webhook(secret).sign(webhook.id, at, body),
    },
    body,
  })
  return response.status
}

/** An API that takes endpoints; `receiverUrl()` is where the registered one lives. */
export async function startApi(t: TestContext, leftBehind: object[] = []) {
  const api = await startStandIn(t, {
    [`GET ${BASE}/endpoints`]: page(...leftBehind),
    [`POST ${BASE}/endpoints`]: {
      status: 201,
      body: { id: ENDPOINT, secret: SECRET, createdAt: "2026-11-22T06:27:40.281Z" },
    },
    [`POST ${BASE}/endpoints/${ENDPOINT}/recover`]: { status: 202, body: { count: 0 } },
    [`DELETE ${BASE}/endpoints/${ENDPOINT}`]: { status: 204 },
    [`DELETE ${BASE}/endpoints/ep_dead`]: { status: 204 },
  })
  const registration = () => api.asked.find(({ method }) => method === "POST")
  const receiverUrl = () => String(registration()!.body!["url"])
  const deleted = () =>
    api.asked.filter(({ method }) => method === "DELETE").map(({ path }) => path)
  return { ...api, registration, receiverUrl, deleted }
}
