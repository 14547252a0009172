import { operatorPages, tenantPages } from "@ringback/functions/portal/pages"
import type { Visitor } from "./portal.ts"
import { ASKED, evil, FORM } from "./xss-fields.ts"

const form = Object.fromEntries(FORM.map((each) => [each, evil(`form.${each}`)]))
const query = new URLSearchParams(
  ASKED.map((each): [string, string] => [each, evil(`query.${each}`)]),
).toString()

/** A page that was answered, and what it was asked. */
export type Answered = { at: string; text: string }

/** Asks for every page there is, and sends every form but those that end something. */
export async function visitAll(
  operator: Visitor,
  ids: Record<string, string>,
): Promise<Answered[]> {
  const pages: Answered[] = []
  const keep = async (asked: Promise<{ text: string }>, at: string) =>
    void pages.push({ at, text: (await asked).text })
  const get = (at: string) => keep(operator.get(at), `GET ${at.slice(0, 120)}`)
  const post = (at: string, fields: Record<string, string>) =>
    keep(operator.post(at, fields), `POST ${at.slice(0, 120)}`)
  const filled = (path: string, more: Record<string, string> = {}) =>
    path.replaceAll(/:(\w+)/g, (_, each: string) =>
      encodeURIComponent({ ...ids, id: ids["tenantId"]!, ...more }[each]!),
    )
  const base = `/portal/${ids["tenantId"]}`
  const others = [
    {},
    { endpointId: ids["connectorId"]!, deliveryId: ids["loggedId"]!, uuid: "call-1" },
    { endpointId: ids["shapingId"]!, deliveryId: ids["shapedId"]! },
  ]
  for (const { method, path } of tenantPages) {
    for (const at of new Set(others.map((each) => base + filled(path, each)))) {
      if (method === "get") {
        await get(at)
        await get(`${at}?${query}`)
      } else if (!/delete|rename|rotate|edit$/.test(at)) await post(at, form)
    }
  }
  for (const { method, path } of operatorPages) {
    if (method === "get") {
      await get(`/portal${filled(path)}`)
      await get(`/portal${filled(path)}?${query}`)
    }
  }
  await post(`${base}/endpoints/${ids["endpointId"]}/edit`, form)
  for (const kind of ["webhook", "pull", "hubspot", "salesforce", "pipedrive", "zoho"]) {
    for (const auth of ["bearer", "basic", "header", "client_credentials", "refresh_token"]) {
      const fields = { ...form, kind, auth, which: "some", match: "externalId" }
      await post(`${base}/endpoints/new`, fields)
      await post(`${base}/endpoints/preview`, fields)
    }
  }
  const preview = { kind: "webhook", which: "some", patterns: "*" }
  await post(`${base}/endpoints/preview`, { ...preview, event: ids["eventId"]! })
  await post(`${base}/endpoints/new`, {
    kind: "webhook",
    url: "https://example.com/",
    filter: JSON.stringify({ [`data.${evil("endpoint.filter.path")}`]: [1] }),
  })
  const name = evil("event.in.preview")
  await post(`${base}/endpoints/preview`, {
    ...preview,
    event: "campaign.updated",
    transform: JSON.stringify({ name }),
  })
  await get("/portal/search?q=img")
  await get(`/portal/link?${query}`)
  await get(`/portal?${query}`)
  await post("/portal/tenants", { name: `${evil("form.tenant.name")}${"x".repeat(200)}` })
  await post(`${base}/sources/new`, { name: `${evil("form.source.name")}${"x".repeat(200)}` })
  await post(`${base}/keys`, { name: `${evil("form.key.name")}${"x".repeat(200)}` })
  return pages
}
