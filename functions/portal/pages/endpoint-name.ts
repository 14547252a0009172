import { html } from "hono/html"
import { name, type Html } from "../html.ts"
import type { Endpoint } from "../types.ts"

type Named = Pick<Endpoint, "description" | "url" | "connector">

/** Where it leads: its address, or the CRM that calls are logged in. */
export const addressOf = ({ url, connector }: Omit<Named, "description">): string =>
  url ?? CRM_NAMES[connector?.kind ?? ""] ?? "no address"

const CRM_NAMES: Record<string, string> = {
  hubspot: "HubSpot",
  salesforce: "Salesforce",
  pipedrive: "Pipedrive",
  zoho: "Zoho CRM",
}

/** What people know an endpoint by: its description, else its address without what all have. */
export const endpointText = (endpoint: Named): string =>
  endpoint.description?.trim() ||
  addressOf(endpoint)
    .replace(/^https?:\/\//, "")
    .replace(/\/$/, "")

export const endpointName = (endpoint: Named): Html => name(endpointText(endpoint))

/** As a link; of one that is gone, its id. */
export function endpointLink(base: string, endpoints: Endpoint[], id: string): Html {
  const found = endpoints.find((each) => each.id === id)
  if (!found) return html`<span class="dim">deleted</span> <code>${id}</code>`
  return html`<a class="clip" href="${base}/endpoints/${id}">${endpointName(found)}</a>`
}
