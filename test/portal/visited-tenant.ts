import { SendMessageCommand } from "@aws-sdk/client-sqs"
import { makeMessageId } from "../harness/heard.ts"
import { say, sayCall, sendAs, stampOf } from "./say.ts"
import { MINUTE_MS, type Made, type Visits } from "./visits.ts"

/** What a tenant of `pages.txt` has. */
export type VisitedTenant = Awaited<ReturnType<typeof makeResources>>

/** Its keys, PBXes, and an endpoint of each sort. */
export async function makeResources({ post, receiverUrl }: Visits, tenant: Made) {
  const path = `/v1/tenants/${tenant.id}`
  await post(`${path}/keys`, {
    name: "Until the end of the year",
    expiresAt: "2026-12-31T00:00:00Z",
  })
  const reading = await post(`${path}/keys`, { name: "To look", scope: "read" })
  const own = await post(`${path}/keys`, { name: "Own" })
  const source = await post(`${path}/sources`, { name: "Copenhagen" })
  const silent = await post(`${path}/sources`, { name: "Silent" })
  const good = await post(`${path}/endpoints`, {
    url: `${receiverUrl}good`,
    description: "Gets all",
    eventTypes: ["*"],
  })
  const wrong = await post(`${path}/endpoints`, {
    url: `${receiverUrl}wrong`,
    description: "Fails",
    eventTypes: ["campaign.*", "dialing.updated", "call.*"],
    sources: [source.id],
    filter: { "data.status": [0, 1, 2] },
    headers: { "x-crm-account": "4711" },
    metadata: { team: "winback" },
    rateLimit: 5,
    auth: { type: "basic", username: "ringback", password: "secret" },
  })
  const off = await post(`${path}/endpoints`, {
    url: `${receiverUrl}off`,
    description: " ",
    disabled: true,
  })
  const shaping = await post(`${path}/endpoints`, {
    url: `${receiverUrl}shaped`,
    eventTypes: ["campaign.*"],
    transform: '{"text": data.name}',
    signing: "ed25519",
  })
  const pull = await post(`${path}/endpoints`, { pull: true, eventTypes: ["queue.*"] })
  const hubspot = await post(`${path}/endpoints`, {
    description: "HubSpot",
    connector: {
      kind: "hubspot",
      auth: { type: "bearer", token: "t" },
      map: '{"hs_call_title": "A call"}',
      dispositions: { answered: "d1" },
    },
  })
  const salesforce = await post(`${path}/endpoints`, {
    description: "Salesforce",
    disabled: true,
    connector: {
      kind: "salesforce",
      instanceUrl: "https://acme.my.salesforce.com",
      auth: {
        type: "oauth2",
        grant: "client_credentials",
        clientId: "c",
        clientSecret: "s",
      },
    },
  })
  return {
    tenant,
    path,
    base: `/portal/${tenant.id}`,
    reading,
    own,
    source,
    silent,
    good,
    wrong,
    off,
    shaping,
    pull,
    hubspot,
    salesforce,
  }
}

/** What its PBX and its collector say, and what the queues cannot read. */
export async function letHappen(visits: Visits, { path, source }: VisitedTenant) {
  const { portal, post, pump, tick } = visits
  const { stack } = portal
  const call = { uuid: "call-1", number: "+4520123456" }
  await say(portal, source.token, [
    ["Event", "OutDlListUpdate"],
    ["Uuid", "row-1"],
    ["Name", "Anna"],
    ["UKey", "4711"],
    ["TmUpdate", stampOf(Date.now())],
  ])
  await pump()
  tick()
  await sayCall(portal, source.token, call, [["DlListUuid", "row-1"]])
  await pump()
  for (const eventType of ["campaign.updated", "queue.created", "dialing.updated"]) {
    await post(`${path}/sources/${source.id}/test`, { eventType })
    await pump()
  }
  tick()
  await say(portal, source.token, [
    ["Event", "OutCampaignUpdate"],
    ["Uuid", "campaign-1"],
    ["Name", "Winback"],
    ["Status", "1"],
    ["Variable", "region=north"],
    ["TmCreate", stampOf(Date.now() - MINUTE_MS)],
    ["TmUpdate", stampOf(Date.now())],
  ])
  await pump()
  const heard = { v: 1, collector: "A".repeat(22) } as const
  await sendAs(portal, source.token, {
    ...heard,
    kind: "heartbeat",
    id: makeMessageId(),
    receivedAt: Date.now(),
    version: "0.1.0",
    connectedSince: Date.now() - MINUTE_MS,
    spoolDepth: 3,
    spoolAgeSeconds: 100,
  })
  const [from, to] = [Date.now() - 10 * MINUTE_MS, Date.now() - 9 * MINUTE_MS]
  await sendAs(portal, source.token, {
    ...heard,
    kind: "gap",
    id: makeMessageId(),
    receivedAt: Date.now(),
    gap: { id: makeMessageId(), from, to, reason: "connection lost", inferred: {} },
  })
  await pump()
  const urls = stack.queues.Jobs
  await stack.sqs.send(
    new SendMessageCommand({ QueueUrl: urls.deadLetterUrl, MessageBody: "not a job" }),
  )
  await stack.sqs.send(
    new SendMessageCommand({ QueueUrl: stack.queues.Ingest.url, MessageBody: "no message" }),
  )
  await pump()
}

/** What of it has pages of its own. */
export async function findVisited({ portal }: Visits, made: VisitedTenant) {
  const { path, good, wrong, off, shaping, pull, hubspot } = made
  const events = (await portal.call(`GET ${path}/events?limit=100`)).body.data
  const typeOf = (type: string) => events.find((each: { type: string }) => each.type === type)
  const campaign = (await portal.call(`GET ${path}/events?uuid=campaign-1`)).body.data[0]
  const deliveriesOf = async (query: string) =>
    (await portal.call(`GET ${path}/deliveries?${query}`)).body.data
  const ofEach = await Promise.all(
    [good, wrong, off, shaping, pull, hubspot].map(
      async ({ id }) => (await deliveriesOf(`endpointId=${id}`))[0],
    ),
  )
  return { campaign, typeOf, ofEach }
}

export type Found = Awaited<ReturnType<typeof findVisited>>
