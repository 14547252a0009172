import { type Found, type VisitedTenant } from "./visited-tenant.ts"
import { seenBy, type Visits } from "./visits.ts"
import type { Visitor } from "./portal.ts"

/** A tenant's lists. */
export const lists = ["calls", "events", "deliveries", "endpoints", "sources", "keys", "audit"]

export async function visitAsOperator(
  visits: Visits,
  operator: Visitor,
  made: VisitedTenant,
  { campaign, typeOf, ofEach }: Found,
) {
  const { base, source, silent, good, wrong, off, shaping, pull, hubspot, salesforce } = made
  const see1 = seenBy(visits, "operator", operator)
  for (const each of ["", "?window=hour", "?window=week", "?window=odd"])
    await see1(`GET ${base}${each}`)
  for (const each of lists) await see1(`GET ${base}/${each}`)
  for (const { id } of [good, wrong, off, shaping, pull, hubspot, salesforce]) {
    await see1(`GET ${base}/endpoints/${id}`)
    await see1(`GET ${base}/endpoints/${id}/edit`)
  }
  for (const done of ["saved", "enabled", "disabled", "recovering", "odd"])
    await see1(`GET ${base}/endpoints/${wrong.id}?done=${done}`)
  for (const each of ofEach) if (each) await see1(`GET ${base}/deliveries/${each.id}`)
  await see1(`GET ${base}/deliveries/${ofEach[1].id}?done=retried`)
  await see1(`GET ${base}/deliveries?status=held`)
  await see1(`GET ${base}/deliveries?status=discarded&endpointId=${wrong.id}&within=hour`)
  await see1(`GET ${base}/deliveries?eventType=campaign.updated&within=day`)
  for (const { id } of [campaign, typeOf("source.gap"), typeOf("call.completed")].filter(Boolean))
    await see1(`GET ${base}/events/${id}`)
  await see1(`GET ${base}/events/${campaign.id}?done=replayed&count=1`)
  await see1(`GET ${base}/events/${campaign.id}?done=replayed&count=7`)
  await see1(`GET ${base}/events?uuid=campaign-1&within=hour`)
  await see1(`GET ${base}/events?type=nothing`)
  await see1(`GET ${base}/calls/call-1`)
  await see1(`GET ${base}/calls/none`)
  await see1(`GET ${base}/calls?ended=answered&number=4520123456`)
  for (const { id } of [source, silent]) await see1(`GET ${base}/sources/${id}`)
  await see1(`GET ${base}/sources/${source.id}?done=renamed`)
  await see1(`GET ${base}/sources/new`)
  await see1(`GET ${base}/sources?done=deleted`)
  await see1(`GET ${base}/event-types`)
  await see1(`GET ${base}/event-types/dialing.updated`)
  await see1(`GET ${base}/event-types/call.completed`)
  await see1(`GET ${base}/event-types/none`)
  await see1(`GET ${base}/audit?target=${wrong.id}`)
  await see1(`GET ${base}/audit?target=ep_00000000000000000000000000`)
  await see1(`GET ${base}/keys?done=revoked`)
  await see1(`GET ${base}/endpoints/new`)
  for (const kind of ["webhook", "pull", "hubspot", "salesforce", "pipedrive", "zoho"])
    await see1(`GET ${base}/endpoints/new?kind=${kind}`)
  await see1(`GET ${base}/endpoints/new?kind=webhook&example=slack`)
  await see1(`GET ${base}/endpoints?done=deleted`)
  await see1(`GET ${base}/nothing`)
  for (const each of ["tenants", "dead-letters", "rejected", "cost", "audit"])
    await see1(`GET /portal/${each}`)
  for (const q of ["Acme", "4520123456", campaign.id, "no such thing"])
    await see1(`GET /portal/search?q=${encodeURIComponent(q)}`)
}

/** Who may look only sees the same without what changes anything. */
export async function visitAsReader(visits: Visits, made: VisitedTenant, found: Found) {
  const { portal, see } = visits
  const { base, reading, wrong, source } = made
  const { campaign, ofEach } = found
  const reader = await portal.signIn(reading.key)
  await see("reader", reader, "GET /portal")
  for (const each of ["", ...lists.map((list) => `/${list}`)])
    await see("reader", reader, `GET ${base}${each}`)
  for (const at of [
    `endpoints/${wrong.id}`,
    `endpoints/${wrong.id}/edit`,
    "endpoints/new",
    `deliveries/${ofEach[1].id}`,
    `events/${campaign.id}`,
    `sources/${source.id}`,
    "sources/new",
    "calls/call-1",
  ])
    await see("reader", reader, `GET ${base}/${at}`)
}

/** What is done, and what is refused. */
export async function visitAsOwner(visits: Visits, made: VisitedTenant, found: Found) {
  const { portal, see } = visits
  const { base, own, reading, source, silent, good, wrong, off, shaping, hubspot } = made
  const { campaign, ofEach } = found
  const owner = await portal.signIn(own.key)
  const act = (at: string, fields: Record<string, string> = {}) =>
    see("owner", owner, `POST ${base}/${at}`, fields)
  await act(`endpoints/${good.id}/test`)
  await act(`endpoints/${wrong.id}/test`)
  await act(`endpoints/${wrong.id}/secret`)
  await act(`endpoints/${wrong.id}/rotate`, { overlap: "3600" })
  await act(`endpoints/${wrong.id}/rotate`, { overlap: "0" })
  await act(`endpoints/${good.id}/disable`)
  await act(`endpoints/${good.id}/enable`)
  await act(`endpoints/${wrong.id}/recover`, { since: "24" })
  await act(`endpoints/${wrong.id}/recover/start`, { since: "odd", until: "odd" })
  await act(`endpoints/${shaping.id}/preview`, { kind: "webhook", transform: "{" })
  await act("endpoints/preview", {
    kind: "webhook",
    url: "https://example.com/",
    transform: "data",
  })
  await act("endpoints/new", {
    kind: "webhook",
    url: "ftp://example.com",
    patterns: "odd.*",
    headers: "x",
    filter: "{",
    rateLimit: "-1",
  })
  for (const kind of ["pull", "hubspot", "salesforce", "pipedrive", "zoho"])
    await act("endpoints/new", { kind })
  await act(`endpoints/${wrong.id}/edit`, { kind: "webhook", url: "https://no-such.test/" })
  await act(`endpoints/${hubspot.id}/edit`, { kind: "hubspot", map: "{" })
  await act(`deliveries/${ofEach[0].id}/retry`)
  await act(`events/${campaign.id}/replay`, { endpointId: good.id })
  await act(`events/${campaign.id}/replay`, { endpointId: "odd" })
  await act("sources/new", { name: "" })
  await act("sources/new", { name: "Aarhus" })
  await act(`sources/${source.id}/rename`, { name: "" })
  await act(`sources/${source.id}/rename`, { name: "Odense" })
  await act(`sources/${source.id}/rotate`, { overlap: "3600" })
  await act(`sources/${source.id}/test`, { eventType: "queue.created" })
  await act(`sources/${source.id}/test`, { eventType: "odd" })
  await act(`sources/${silent.id}/delete`)
  await act("keys", { name: "", days: "x" })
  await act("keys", { name: "Made by a form", scope: "read", days: "30" })
  await act("keys/link")
  await act(`keys/${reading.id}/revoke`)
  await act(`endpoints/${off.id}/delete`)
  await see("owner", owner, `GET ${base}/audit`)
  await see("owner", owner, "GET /portal/tenants")
}
