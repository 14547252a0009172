import { html } from "hono/html"
import { name, type Html } from "../html.ts"
import type { Endpoint } from "../types.ts"
import { CRMS } from "./endpoint-kinds.ts"

type Named = Pick<Endpoint, "description" | "url" | "connector" | "pull">

/** An endpoint's destination: its URL, or the CRM that calls are logged in. */
export const addressOf = ({ url, connector, pull }: Omit<Named, "description">): string =>
  url ?? (connector ? CRMS[connector.kind] : pull ? "fetched by its receiver" : "no address")

/** The text that names an endpoint: its description, else its URL without the scheme. */
export const endpointText = (endpoint: Named): string =>
  endpoint.description?.trim() ||
  addressOf(endpoint)
    .replace(/^https?:\/\//, "")
    .replace(/\/$/, "")

export const endpointName = (endpoint: Named): Html => name(endpointText(endpoint))

/** A link to the endpoint, or the id of a deleted one. */
export function endpointLink(base: string, endpoints: Endpoint[], id: string): Html {
  const found = endpoints.find((each) => each.id === id)
  if (!found) return html`<span class="dim">deleted</span> <code>${id}</code>`
  return html`<a class="clip" href="${base}/endpoints/${id}">${endpointName(found)}</a>`
}
