import { html } from "hono/html"
import { confirm, field, select } from "../form.ts"
import { json, name, time, type Html } from "../html.ts"
import { endpointStatus } from "../status.ts"
import type { Endpoint, Source } from "../types.ts"
import { addressOf, endpointName } from "./endpoint-name.ts"

/** Of a form whose outcome goes into the page as it is. */
export const inPlace = html`hx-target="#outcome" hx-select="#outcome" hx-swap="outerHTML"`

/** What an endpoint is set to, and what its webhooks are signed with. */
export function settingsHtml(
  endpoint: Endpoint,
  sources: Source[],
  here: string,
  mayChange: boolean,
): Html {
  const { eventTypes, filter, headers, metadata, rateLimit } = endpoint
  const nameOf = (id: string) => sources.find((each) => each.id === id)?.name ?? id
  return html`<div class="cards">
    <section class="card">
      <header>
        <h2>Settings</h2>
        ${mayChange ? html`<a href="${here}/edit">Edit</a>` : ""}
      </header>
      <div class="body stack">
        <dl class="facts">
          <dt>State</dt>
          <dd>${endpointStatus(endpoint)}</dd>
          <dt>Address</dt>
          <dd><code>${addressOf(endpoint)}</code></dd>
          <dt>Events</dt>
          <dd>
            ${eventTypes === null ? "All, except those about calls" : eventTypes.map((each) => html`<span class="tag">${each}</span> `)}
          </dd>
          <dt>PBXes</dt>
          <dd>
            ${endpoint.sources === null ? "All" : endpoint.sources.map((id, index) => html`${index > 0 ? ", " : ""}${name(nameOf(id))}`)}
          </dd>
          <dt>Rate limit</dt>
          <dd>${rateLimit === null ? "None" : `${rateLimit} a second`}</dd>
          ${Object.entries(headers).map(
            ([key, value]) =>
              html`<dt>Header</dt>
                <dd><code>${key}: ${value}</code></dd>`,
          )}
          ${Object.entries(metadata).map(
            ([key, value]) =>
              html`<dt>${key}</dt>
                <dd>${value}</dd>`,
          )}
          <dt>Id</dt>
          <dd><code>${endpoint.id}</code></dd>
          <dt>Created</dt>
          <dd>${time(endpoint.createdAt)}</dd>
          <dt>Changed</dt>
          <dd>${time(endpoint.updatedAt)}</dd>
        </dl>
        ${filter ? json(filter, "Filter") : ""}
      </div>
    </section>
    <section class="card">
      <header><h2>Signature</h2></header>
      <div class="body stack">
        <p class="dim">
          Your server verifies each webhook's <code>webhook-signature</code> with
          ${endpoint.publicKey ? "this public key" : "this secret"}.
          <a href="/docs/receiving">How</a>
        </p>
        ${
          endpoint.publicKey
            ? html`<div class="copyable secret">
                <pre tabindex="0" role="region" aria-label="Public key">${endpoint.publicKey}</pre>
                <button type="button" data-copy hidden>Copy</button>
              </div>`
            : ""
        }
        <div class="row">
          ${mayChange && !endpoint.publicKey ? html`<form method="post" action="${here}/secret" hx-post="${here}/secret" ${inPlace}><button type="submit">Show the secret</button></form>` : ""}
          ${mayChange ? rotationHtml(here, endpoint) : html`<span class="dim">Signed in to look only: secrets are not shown.</span>`}
        </div>
      </div>
    </section>
  </div>`
}

const rotationHtml = (here: string, endpoint: Endpoint): Html =>
  confirm({
    word: "Rotate…",
    question: html`A new secret for <strong>${endpointName(endpoint)}</strong>. Meanwhile both sign,
      so that your server can change over.`,
    action: `${here}/rotate`,
    yes: "Rotate",
    isDanger: false,
    fields: field({
      id: "overlap",
      label: "The old one signs too for",
      control: select(
        "overlap",
        [
          ["3600", "an hour"],
          ["86400", "a day"],
          ["604800", "a week"],
          ["0", "no longer: it was leaked"],
        ],
        "86400",
      ),
    }),
  })
