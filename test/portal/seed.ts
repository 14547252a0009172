import { randomUUID } from "node:crypto"
import { SendMessageCommand } from "@aws-sdk/client-sqs"
import { answer, type TestReceiver } from "../harness/receiver.ts"
import { makeDeps, pumpAll } from "../harness/system.ts"
import { makeTenant, type TestApi } from "../api/api.ts"
import { sayCall } from "./say.ts"

export const LONG =
  "Renewals and winback of the sales department, Copenhagen, Aarhus and Odense, ".repeat(2)
export const RTL = "مركز الاتصال 2 في دبي، 04-1234567"
const HEBREW = "מוקד 3, תל אביב (2026)"
// The longest that a name may be, with no place to break it at.
const UNBROKEN = "Vertriebsgesellschaftsverwaltung".repeat(7).slice(0, 200)

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
  await post("/sources", { name: UNBROKEN })
  await post("/sources", { name: HEBREW })
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
  await post("/endpoints", { url: `${receiver.url}off`, disabled: true, description: HEBREW })
  await post("/keys", { name: UNBROKEN, scope: "read" })
  await post("/keys", { name: RTL, expiresAt: "2099-12-31T23:59:59Z" })
  await post("/endpoints", { url: `${receiver.url}good`, eventTypes: ["call.*"] })
  const call = { uuid: randomUUID(), number: "+4520123456" }
  await sayCall(api, source.token, call)
  for (const eventType of ["campaign.updated", "dialing.updated", "queue.created"])
    await post(`/sources/${source.id}/test`, { eventType })
  const { Ingest, Jobs } = api.stack.queues
  const tell = (QueueUrl: string, MessageBody: string) =>
    api.stack.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))
  await tell(Ingest.url, UNBROKEN)
  await pumpAll(api.stack, makeDeps(api.stack))
  const letter = { kind: "hold", tenant: tenant.id, endpointId: failing.id }
  await tell(Jobs.deadLetterUrl, JSON.stringify(letter))
  const deliveries = await api.call(`GET ${path}/deliveries?status=pending`)
  // Twice, so that its page has two answers.
  await post(`/deliveries/${deliveries.body.data[0].id}/retry`, {})
  await pumpAll(api.stack, makeDeps(api.stack))
  const events = await api.call(`GET ${path}/events`)
  return {
    ...tenant,
    sourceId: source.id,
    endpointId: failing.id,
    deliveryId: deliveries.body.data[0].id as string,
    eventId: events.body.data[0].id as string,
    callUuid: call.uuid as string,
  }
}

type Seeded = Pick<
  Awaited<ReturnType<typeof seed>>,
  "id" | "sourceId" | "endpointId" | "deliveryId" | "eventId" | "callUuid"
>

/** What forms are answered with, and each with its mistakes: the form's address, and what is sent to it. */
export const answersOf = (
  seeded: Seeded,
): Record<string, [path: string, fields: Record<string, string>]> => {
  const base = `/portal/${seeded.id}`
  const endpoint = `${base}/endpoints/${seeded.endpointId}`
  const source = `${base}/sources/${seeded.sourceId}`
  return {
    "tenant without a name": ["/portal/tenants", { name: "" }],
    "portal link": [`/portal/tenants/${seeded.id}/link`, { scope: "read" }],
    "redrive of no queue": ["/portal/dead-letters/redrive", { queue: "none" }],
    "endpoint added": [
      `${base}/endpoints/new`,
      { kind: "webhook", url: "https://crm.example.com/hooks", description: UNBROKEN },
    ],
    "endpoint without an address": [
      `${base}/endpoints/new`,
      { kind: "webhook", url: "ftp://x", filter: "{", rateLimit: "-1" },
    ],
    "pull endpoint added": [`${base}/endpoints/new`, { kind: "pull", description: HEBREW }],
    "CRM without a token": [`${base}/endpoints/new`, { kind: "hubspot" }],
    preview: [`${base}/endpoints/preview`, { kind: "webhook", transform: '{"to": data.number}' }],
    "preview of a mistake": [`${endpoint}/preview`, { transform: "$nothing(" }],
    "endpoint not saved": [`${endpoint}/edit`, { url: "ftp://x" }],
    test: [`${endpoint}/test`, {}],
    secret: [`${endpoint}/secret`, {}],
    "secret rotated": [`${endpoint}/rotate`, { overlap: "3600" }],
    recover: [`${endpoint}/recover`, { since: "168" }],
    "PBX added": [`${base}/sources/new`, { name: UNBROKEN }],
    "PBX without a name": [`${base}/sources/new`, { name: "" }],
    "token rotated": [`${source}/rotate`, { overlap: "3600" }],
    example: [`${source}/test`, { eventType: "campaign.updated" }],
    "key created": [`${base}/keys`, { name: UNBROKEN, scope: "read" }],
    "key without a name": [`${base}/keys`, { name: "" }],
    "link for a colleague": [`${base}/keys/link`, {}],
  }
}

/** Every page of theirs, by a name for people. */
export const pagesOf = (seeded: Seeded): Record<string, string> => {
  const base = `/portal/${seeded.id}`
  return {
    tenants: "/portal/tenants",
    search: `/portal/search?q=${encodeURIComponent(RTL.slice(0, 12))}`,
    "dead-letters": "/portal/dead-letters",
    rejected: "/portal/rejected",
    cost: "/portal/cost",
    "operator-audit": "/portal/audit",
    "search-none": "/portal/search?q=nobody",
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
    "endpoint-pipedrive": `${base}/endpoints/new?kind=pipedrive`,
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
