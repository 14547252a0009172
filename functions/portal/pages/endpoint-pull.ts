import { html } from "hono/html"
import { copyable, type Html } from "../html.ts"

/** How a program fetches what waits for it, ready to copy. */
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
        Your program asks for its events with an API key, and says which it has taken. What it does
        not say comes again after a minute.
      </p>
      ${copyable(fetch, "Fetch")} ${copyable(ack, "Say what was taken")}
    </div>
  </section>`
}
