import { html } from "hono/html"
import { path } from "../client.ts"
import { heading, json, type Html } from "../html.ts"
import { tenantSection } from "../page.ts"
import type { EventType, Page } from "../types.ts"
import { schemaRows, type SchemaRow } from "./schema-rows.ts"

const page = tenantSection("event-types")

export const eventTypePages = [
  page.show("/event-types", async ({ client, base }) => {
    const { data } = await client.get<Page<EventType>>("/event-types?limit=250")
    const content = html`${heading({
        title: "Event catalog",
        about:
          "All event types that an endpoint can subscribe to, with their fields and an example.",
      })}
      <section class="card">
        <table class="list">
          <thead>
            <tr>
              <th>Event</th>
              <th>When</th>
            </tr>
          </thead>
          <tbody>
            ${data.map(
              ({ type, description }) =>
                html`<tr>
                  <td class="whole">
                    <a href="${base}/event-types/${type}"><code>${type}</code></a>
                  </td>
                  <td class="wide">${description}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </section>`
    return { title: "Event catalog", content }
  }),
  page.show("/event-types/:type", async ({ client, base, params }) => {
    const eventType = await client.get<EventType>(path`/event-types/${params["type"] ?? ""}`)
    const rows = schemaRows(eventType.schema)
    const content = html`${heading({
        title: html`<code>${eventType.type}</code>`,
        about: eventType.description,
        crumbs: html`<a href="${base}/event-types">Event catalog</a>`,
      })}
      <div class="cards">
        <section class="card">
          <header><h2>Fields</h2></header>
          <table class="list fields">
            <thead>
              <tr>
                <th>Field</th>
                <th>Description</th>
              </tr>
            </thead>
            <tbody>
              ${rows.map(rowHtml)}
            </tbody>
          </table>
        </section>
        <section class="card">
          <header>
            <h2>Example</h2>
            <a href="${base}/events?type=${eventType.type}">Events of this type</a>
          </header>
          <div class="body">${json(eventType.example, "Example webhook")}</div>
        </section>
      </div>`
    return { title: eventType.type, content }
  }),
]

// A list of fifty values is folded: it would hide the fields around it.
const MANY = 120

const rowHtml = ({ path: at, type, description, isRequired }: SchemaRow): Html => {
  const isLong = type.length > MANY
  const all = html`<details class="more small">
    <summary>All values</summary>
    ${type}
  </details>`
  return html`<tr>
    <td>
      <code>${at}</code>
      <div class="dim small">
        ${isLong ? "one of a list" : type}${isRequired ? "" : ", optional"}
      </div>
    </td>
    <td>${description}${isLong ? all : ""}</td>
  </tr>`
}
