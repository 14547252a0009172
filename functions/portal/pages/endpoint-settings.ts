import { html } from "hono/html"
import { confirm, field, onceOnly, select } from "../form.ts"
import { copyable, json, name, time, type Html } from "../html.ts"
import { endpointStatus } from "../status.ts"
import type { Endpoint, Source } from "../types.ts"
import { wordOf } from "./auth-fields.ts"
import { addressOf, endpointName } from "./endpoint-name.ts"

/** Attributes of a form whose result is shown in the current page. */
export const inPlace = html`hx-target="#outcome" hx-select="#outcome" hx-swap="outerHTML"`

/** An endpoint's settings and its signature. */
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
          <dt>Destination</dt>
          <dd><code>${addressOf(endpoint)}</code></dd>
          <dt>Events</dt>
          <dd>
            ${eventTypes === null ? (endpoint.connector ? "Calls" : "All, except those about calls") : eventTypes.map((each) => html`<span class="tag">${each}</span> `)}
          </dd>
          <dt>PBXes</dt>
          <dd>
            ${endpoint.sources === null ? "All" : endpoint.sources.map((id, index) => html`${index > 0 ? ", " : ""}${name(nameOf(id))}`)}
          </dd>
          ${
            endpoint.pull
              ? ""
              : html`<dt>Rate limit</dt>
                  <dd>${rateLimit === null ? "None" : `${rateLimit} per second`}</dd>`
          }
          ${
            endpoint.order === "latest" && !endpoint.connector
              ? html`<dt>Order</dt>
                  <dd>Skips events older than one already accepted</dd>`
              : ""
          }
          ${
            endpoint.auth
              ? html`<dt>Authentication</dt>
                  <dd>${wordOf(endpoint.auth)}</dd>`
              : ""
          }
          ${endpoint.connector ? connectorFacts(endpoint.connector) : ""}
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
        ${
          filter
            ? html`<h3>Filter</h3>
                ${json(filter, "Filter")}`
            : ""
        }
        ${
          endpoint.transform
            ? html`<h3>Transform</h3>
                ${copyable(endpoint.transform, "Transform")}`
            : ""
        }
        ${
          endpoint.connector?.map
            ? html`<h3>Additional fields</h3>
                ${copyable(endpoint.connector.map, "Additional fields")}`
            : ""
        }
      </div>
    </section>
    ${endpoint.connector ? "" : signatureHtml(endpoint, here, mayChange)}
  </div>`
}

const rotationHtml = (here: string, endpoint: Endpoint): Html =>
  confirm({
    word: "Rotate…",
    question: html`Make a new secret for <strong>${endpointName(endpoint)}</strong>? During the
      overlap both sign, so that your server can switch over.`,
    action: `${here}/rotate`,
    yes: "Rotate",
    isDanger: false,
    fields: html`${onceOnly()}${field({
      id: "overlap",
      label: "Keep the old one valid for",
      control: select(
        "overlap",
        [
          ["3600", "1 hour"],
          ["86400", "1 day"],
          ["604800", "1 week"],
          ["0", "no time: it was leaked"],
        ],
        "86400",
      ),
    })}`,
  })

const signatureHtml = (endpoint: Endpoint, here: string, mayChange: boolean): Html =>
  html`<section class="card">
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
        ${mayChange ? rotationHtml(here, endpoint) : html`<span class="dim">You have read-only access: secrets are not shown.</span>`}
      </div>
    </div>
  </section>`

const FACTS: [name: string, word: string][] = [
  ["instanceUrl", "Your Salesforce"],
  ["companyDomain", "Your Pipedrive"],
  ["dataCenter", "Data centre"],
  ["callIdField", "Field for the call's id"],
  ["timeZone", "Time zone"],
  ["match", "Contact found by"],
  ["country", "Country of numbers"],
]

function connectorFacts(connector: NonNullable<Endpoint["connector"]>): Html {
  const values = connector as Record<string, unknown>
  const facts: [string, string][] = [
    ["Authentication", wordOf(connector.auth)],
    ...FACTS.map(([key, word]): [string, string] => [
      word,
      typeof values[key] === "string" ? values[key] : "",
    ]),
    ["No contact", connector.create === "contact" ? "One is created" : "The call is not logged"],
    ["Several contacts", connector.several === "first" ? "The first" : "The call is not logged"],
    ["Logged", connector.live ? "When answered" : "When ended"],
    ...Object.entries(connector.dispositions ?? {}).map(([outcome, word]): [string, string] => [
      `Value for ${outcome}`,
      word,
    ]),
  ]
  return html`${facts
    .filter(([, value]) => value !== "")
    .map(
      ([word, value]) =>
        html`<dt>${word}</dt>
          <dd>${value}</dd>`,
    )}`
}
