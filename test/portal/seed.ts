import { randomUUID } from "node:crypto"
import { answer, type TestReceiver } from "../harness/receiver.ts"
import { makeDeps, pumpAll } from "../harness/system.ts"
import { makeTenant, type TestApi } from "../api/api.ts"
import { sayCall } from "./say.ts"

export const LONG =
  "Renewals and winback of the sales department, Copenhagen, Aarhus and Odense, ".repeat(2)
export const RTL = "مركز الاتصال الرئيسي في دبي"

/** A tenant with one of everything that pages show: names of every kind, what arrived, failed, is held and is disabled. */
export async function seed(api: TestApi, receiver: TestReceiver) {
  const tenant = await makeTenant(api, `Acme ${RTL}`)
  const { path } = tenant
  const post = async (at: string, body: object) => {
    const made = await api.call(`POST ${path}${at}`, { body })
    if (made.status >= 300) throw new Error(made.text)
    return made.body as { id: string; token: string; eventId: string }
  }
  const source = await post("/sources", { name: RTL })
  await post("/sources", { name: LONG.slice(0, 190) })
  receiver.behave(({ path: at }, response) =>
    at === "/good"
      ? answer(response, 204)
      : answer(response, 500, {}, "<h1>Internal server error</h1>"),
  )
  await post("/endpoints", { url: `${receiver.url}good`, description: RTL })
  const failing = await post("/endpoints", {
    url: `${receiver.url}${"a-long-path/".repeat(12)}`,
    description: LONG,
    eventTypes: ["campaign.*", "dialing.updated"],
    filter: { "data.status": [0, 1, 2, 3, 4, 5] },
    headers: { "x-crm-account": "4711" },
    metadata: { team: RTL },
  })
  await post("/endpoints", { url: `${receiver.url}off`, disabled: true })
  await post("/keys", { name: LONG.slice(0, 190), scope: "read" })
  await post("/keys", { name: RTL, expiresAt: "2099-12-31T23:59:59Z" })
  await post("/endpoints", { url: `${receiver.url}good`, eventTypes: ["call.*"] })
  const call = { uuid: randomUUID(), number: "+4520123456" }
  await sayCall(api, source.token, call)
  for (const eventType of ["campaign.updated", "dialing.updated", "queue.created"])
    await post(`/sources/${source.id}/test`, { eventType })
  await pumpAll(api.stack, makeDeps(api.stack))
  const deliveries = await api.call(`GET ${path}/deliveries?status=pending`)
  const events = await api.call(`GET ${path}/events`)
  return {
    ...tenant,
    sourceId: source.id,
    endpointId: failing.id,
    deliveryId: deliveries.body.data[0].id as string,
    eventId: events.body.data[0].id as string,
    callUuid: call.uuid,
  }
}

/** Every page of theirs, by a name for people. */
export const pagesOf = (seeded: Awaited<ReturnType<typeof seed>>): Record<string, string> => {
  const base = `/portal/${seeded.id}`
  return {
    tenants: "/portal/tenants",
    search: `/portal/search?q=${encodeURIComponent(RTL.slice(0, 12))}`,
    "dead-letters": "/portal/dead-letters",
    rejected: "/portal/rejected",
    cost: "/portal/cost",
    "operator-audit": "/portal/audit",
    overview: base,
    calls: `${base}/calls`,
    call: `${base}/calls/${seeded.callUuid}`,
    audit: `${base}/audit`,
    endpoints: `${base}/endpoints`,
    endpoint: `${base}/endpoints/${seeded.endpointId}`,
    "endpoint-kinds": `${base}/endpoints/new`,
    "endpoint-new": `${base}/endpoints/new?kind=webhook&example=slack`,
    "endpoint-pull": `${base}/endpoints/new?kind=pull`,
    "endpoint-hubspot": `${base}/endpoints/new?kind=hubspot`,
    "endpoint-salesforce": `${base}/endpoints/new?kind=salesforce`,
    "endpoint-zoho": `${base}/endpoints/new?kind=zoho`,
    "endpoint-edit": `${base}/endpoints/${seeded.endpointId}/edit`,
    deliveries: `${base}/deliveries`,
    "deliveries-none": `${base}/deliveries?status=discarded`,
    delivery: `${base}/deliveries/${seeded.deliveryId}`,
    events: `${base}/events`,
    event: `${base}/events/${seeded.eventId}`,
    sources: `${base}/sources`,
    source: `${base}/sources/${seeded.sourceId}`,
    "source-new": `${base}/sources/new`,
    keys: `${base}/keys`,
    "event-types": `${base}/event-types`,
    "event-type": `${base}/event-types/dialing.updated`,
    missing: `${base}/endpoints/ep_06fzk3vq8r2m5x0c9d7g4h1jtw`,
  }
}
