import assert from "node:assert/strict"
import { makeMessageId } from "../harness/heard.ts"
import { makeDeps, pumpAll } from "../harness/system.ts"
import type { TestPortal } from "./portal.ts"
import { say, sayCall, sendAs } from "./say.ts"
import { evil, sign } from "./xss-fields.ts"

/** A tenant with a script in everything: what a page may be asked for by, by the name in its path. */
export async function fill(
  portal: TestPortal,
  { receiverUrl, crmUrl }: { receiverUrl: string; crmUrl: string },
): Promise<Record<string, string>> {
  const post = async (at: string, body: object) => {
    const made = await portal.call(`POST ${at}`, { body })
    assert.ok(made.status < 300, made.text)
    return made.body
  }
  const tenant = await post("/v1/tenants", { name: evil("tenant.name") })
  const path = `/v1/tenants/${tenant.id}`
  await post(`${path}/keys`, { name: evil("key.name") })
  const source = await post(`${path}/sources`, { name: evil("source.name") })
  const endpoint = await post(`${path}/endpoints`, {
    url: `${receiverUrl}?'onmouseover=${sign("endpoint.url")}//'`,
    description: evil("endpoint.description"),
    headers: { "x-note": evil("endpoint.header") },
    metadata: { [evil("endpoint.metadata.key").slice(0, 100)]: evil("endpoint.metadata.value") },
    filter: { "data.name": [evil("endpoint.filter.value")] },
    transform: JSON.stringify(evil("endpoint.transform")),
    auth: { type: "basic", username: evil("endpoint.auth.name"), password: "p" },
  })
  await post(`${path}/endpoints`, {
    url: receiverUrl,
    description: "Gets all",
    eventTypes: ["*"],
  })
  const shaping = await post(`${path}/endpoints`, {
    url: `${receiverUrl}test`,
    eventTypes: ["campaign.*"],
    transform: `{"$request": {"headers": {"x-of": ${JSON.stringify(evil("transform.header"))}}, "body": ${JSON.stringify(evil("transform.output"))}}}`,
  })
  const connector = await post(`${path}/endpoints`, {
    description: evil("connector.description"),
    metadata: { note: evil("connector.metadata") },
    connector: {
      kind: "hubspot",
      auth: { type: "bearer", token: "t" },
      map: `{"hs_call_title": ${JSON.stringify(evil("connector.map"))}}`,
      dispositions: { answered: evil("connector.disposition") },
    },
  })
  await say(portal, source.token, [
    ["Event", "OutCampaignUpdate"],
    ["Uuid", evil("pbx.uuid")],
    ["Name", evil("pbx.name")],
    ["Detail", evil("pbx.detail")],
    ["Status", evil("pbx.status")],
    ["Variable", `${evil("pbx.variable.name").replaceAll("=", "")}=${evil("pbx.variable.value")}`],
    [evil("pbx.header.name").replaceAll(/[\s:]/g, ""), evil("pbx.header.value")],
    ["TmUpdate", evil("pbx.time")],
  ])
  await say(portal, source.token, [
    ["Event", "OutDlListUpdate"],
    ["Uuid", "row-1"],
    ["Name", evil("pbx.contact.name")],
    ["UKey", evil("pbx.contact.key")],
    ["Email", evil("pbx.contact.email")],
  ])
  await pumpAll(portal.stack, portal.deps)
  await sayCall(portal, source.token, { uuid: "call-1", number: evil("pbx.number") }, [
    ["DlListUuid", "row-1"],
  ])
  await sendAs(portal, source.token, {
    v: 1,
    kind: "heartbeat",
    id: makeMessageId(),
    collector: "A".repeat(22),
    receivedAt: Date.now(),
    version: evil("collector.version"),
    connectedSince: Date.now() - 60_000,
    spoolDepth: 0,
    spoolAgeSeconds: 0,
  })
  const [from, to] = [Date.now() - 120_000, Date.now() - 60_000]
  await sendAs(portal, source.token, {
    v: 1,
    kind: "gap",
    id: makeMessageId(),
    collector: "A".repeat(22),
    receivedAt: Date.now(),
    gap: { id: makeMessageId(), from, to, reason: evil("gap.reason"), inferred: {} },
  })
  await pumpAll(portal.stack, makeDeps(portal.stack, { crmUrls: { hubspot: crmUrl } }))
  const events = await portal.call(`GET ${path}/events?type=campaign.updated`)
  const deliveries = await portal.call(`GET ${path}/deliveries?eventType=campaign.updated`)
  const logged = await portal.call(`GET ${path}/deliveries?endpointId=${connector.id}`)
  const shaped = await portal.call(`GET ${path}/deliveries?endpointId=${shaping.id}`)
  return {
    tenantId: tenant.id,
    endpointId: endpoint.id,
    shapingId: shaping.id,
    connectorId: connector.id,
    sourceId: source.id,
    eventId: events.body.data[0].id,
    deliveryId: deliveries.body.data.find(
      (each: { endpointId: string }) => each.endpointId !== shaping.id,
    ).id,
    loggedId: logged.body.data[0].id,
    shapedId: shaped.body.data[0].id,
    type: "campaign.updated",
    uuid: evil("pbx.uuid"),
  }
}
