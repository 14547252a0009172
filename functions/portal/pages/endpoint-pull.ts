import { html } from "hono/html"
import { copyable, type Html } from "../html.ts"

/** Commands that fetch and acknowledge an endpoint's messages, ready to copy. */
export function pullHtml(origin: string, tenantId: string, endpointId: string): Html {
  const at = `"${origin}/v1/tenants/${tenantId}/endpoints/${endpointId}/messages`
  const fetch = `curl ${at}" -H "Authorization: Bearer $KEY" \\
  --json '{"limit": 10, "waitSeconds": 20}'`
  const ack = `curl ${at}/ack" -H "Authorization: Bearer $KEY" \\
  --json '{"acks": [{"deliveryId": "dlv_...", "lease": "..."}]}'`
  return html`<section class="card">
    <header><h2>Fetching</h2></header>
    <div class="body stack">
      <p class="dim">
        Your program fetches its events with an API key and acknowledges each one. An event that is
        not acknowledged within a minute is returned again.
      </p>
      ${copyable(fetch, "Fetch")} ${copyable(ack, "Acknowledge")}
    </div>
  </section>`
}
