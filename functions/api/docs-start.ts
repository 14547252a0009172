import { html } from "hono/html"

const steps = [
  [
    "Where Ringback is, and the operator's key: npm start prints both",
    `RINGBACK=http://127.0.0.1:3000
OPERATOR_KEY=$(cat .ringback/operator-key)`,
  ],
  [
    "A tenant, with a key of its own: the answers hold $TENANT (id) and $KEY (key)",
    `curl "$RINGBACK/v1/tenants" -H "Authorization: Bearer $OPERATOR_KEY" \\
  --json '{"name": "Acme Collections"}'
curl "$RINGBACK/v1/tenants/$TENANT/keys" -H "Authorization: Bearer $OPERATOR_KEY" \\
  --json '{"name": "crm"}'`,
  ],
  [
    "Its PBX, the answer's id being $SOURCE: the token is the collector's RINGBACK_SOURCE_TOKEN",
    `curl "$RINGBACK/v1/tenants/$TENANT/sources" -H "Authorization: Bearer $KEY" \\
  --json '{"name": "pbx-1"}'`,
  ],
  [
    "Who receives, and what: the answer's secret is what to verify with",
    `curl "$RINGBACK/v1/tenants/$TENANT/endpoints" -H "Authorization: Bearer $KEY" \\
  --json '{"url": "https://crm.example.com/hooks", "eventTypes": ["campaign.*"]}'`,
  ],
  [
    "An example event through the whole pipeline, and what became of it",
    `curl -X POST "$RINGBACK/v1/tenants/$TENANT/sources/$SOURCE/test" -H "Authorization: Bearer $KEY"
curl "$RINGBACK/v1/tenants/$TENANT/deliveries" -H "Authorization: Bearer $KEY"`,
  ],
] as const

/** From nothing to a webhook in five steps. */
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
