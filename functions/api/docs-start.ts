import { html } from "hono/html"

const steps = [
  [
    "The URL of Ringback and the operator's key. npm start prints both",
    `RINGBACK=http://127.0.0.1:3000
OPERATOR_KEY=$(cat .ringback/operator-key)`,
  ],
  [
    "Create a tenant with its own key. The responses contain $TENANT (id) and $KEY (key)",
    `curl "$RINGBACK/v1/tenants" -H "Authorization: Bearer $OPERATOR_KEY" \\
  --json '{"name": "Acme Collections"}'
curl "$RINGBACK/v1/tenants/$TENANT/keys" -H "Authorization: Bearer $OPERATOR_KEY" \\
  --json '{"name": "crm"}'`,
  ],
  [
    "Create a source for its PBX. The response's id is $SOURCE, its token the collector's RINGBACK_SOURCE_TOKEN",
    `curl "$RINGBACK/v1/tenants/$TENANT/sources" -H "Authorization: Bearer $KEY" \\
  --json '{"name": "pbx-1"}'`,
  ],
  [
    "Create an endpoint. The response contains the secret that verifies its webhooks",
    `curl "$RINGBACK/v1/tenants/$TENANT/endpoints" -H "Authorization: Bearer $KEY" \\
  --json '{"url": "https://crm.example.com/hooks", "eventTypes": ["campaign.*"]}'`,
  ],
  [
    "Send an example event through the whole pipeline, and list its deliveries",
    `curl -X POST "$RINGBACK/v1/tenants/$TENANT/sources/$SOURCE/test" -H "Authorization: Bearer $KEY"
curl "$RINGBACK/v1/tenants/$TENANT/deliveries" -H "Authorization: Bearer $KEY"`,
  ],
] as const

/** From an empty installation to a webhook in five steps. */
export const startHtml = () =>
  html`<section class="tag" id="start">
    <h2>From nothing to a webhook</h2>
    <ol class="steps">
      ${steps.map(
        ([what, how]) =>
          html`<li>
            <p>${what}</p>
            <pre tabindex="0"><code>${how}</code></pre>
          </li>`,
      )}
    </ol>
  </section>`
