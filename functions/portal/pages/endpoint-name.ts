import { html } from "hono/html"
import { name, type Html } from "../html.ts"
import type { Endpoint } from "../types.ts"

/** What people know an endpoint by: its description, else its address without what all have. */
export const endpointText = ({ description, url }: Pick<Endpoint, "description" | "url">): string =>
  description?.trim() || url.replace(/^https?:\/\//, "").replace(/\/$/, "")

export const endpointName = (endpoint: Pick<Endpoint, "description" | "url">): Html =>
  name(endpointText(endpoint))

/** As a link; of one that is gone, its id. */
export function endpointLink(base: string, endpoints: Endpoint[], id: string): Html {
  const found = endpoints.find((each) => each.id === id)
  if (!found) return html`<span class="dim">deleted</span> <code>${id}</code>`
  return html`<a class="clip" href="${base}/endpoints/${id}">${endpointName(found)}</a>`
}
