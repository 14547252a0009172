import { html } from "hono/html"
import { path } from "../client.ts"
import { sumOf } from "../charts.ts"
import { duration, empty, heading, liveMark, name, number, time, type Html } from "../html.ts"
import { doneIn, tenantSection } from "../page.ts"
import { pager } from "../pager.ts"
import { note } from "../html.ts"
import { endpointStatus } from "../status.ts"
import type { Endpoint, Page, TenantStats } from "../types.ts"
import { addressOf, endpointName } from "./endpoint-name.ts"

const PAGE = 20

const page = tenantSection("endpoints")

export const endpointPages = [
  page.show("/endpoints", async ({ client, tenant, base, query, mayChange }) => {
    const at = path`/tenants/${tenant.id}`
    const cursor = query.get("cursor")
    // The statistics of all at once: those of each endpoint take some dozens of requests.
    const [list, stats] = await Promise.all([
      client.get<Page<Endpoint>>(
        `${at}/endpoints?limit=${PAGE}${cursor === null ? "" : path`&cursor=${cursor}`}`,
      ),
      client.get<TenantStats>(`${at}/stats`),
    ])
    const add = mayChange
      ? html`<a class="button primary" href="${base}/endpoints/new">Add an endpoint</a>`
      : html``
    const done = doneIn(query, { deleted: "The endpoint is deleted." })
    const content = html`${heading({
        title: "Endpoints",
        about: "Destinations of webhooks. Each endpoint selects its events.",
        actions: html`${liveMark}${add}`,
      })}
      ${done ? note("ok", done) : ""}
      <div id="live">
        <section class="card">
          ${
            list.data.length === 0
              ? empty(
                  "No endpoint yet",
                  "Enter the URL of your server and choose its events. You get a secret to verify webhooks with.",
                  add,
                )
              : html`${rowsHtml(base, list.data, stats)}${pager(`${base}/endpoints`, query, list.nextCursor)}`
          }
        </section>
      </div>`
    return { title: "Endpoints", content }
  }),
]

function rowsHtml(base: string, endpoints: Endpoint[], stats: TenantStats): Html {
  const failing = new Map(stats.failing.map((each) => [each.endpointId, each.failingSince]))
  const parts = new Map(stats.endpoints.map((each) => [each.endpointId, each]))
  const about = stats.isEstimate ? "≈ " : ""
  return html`<table class="list">
    <thead>
      <tr>
        <th>Endpoint</th>
        <th>State</th>
        <th>Events</th>
        <th class="num">Last hour</th>
        <th class="num">Failed or held</th>
        <th class="num">Median answer</th>
      </tr>
    </thead>
    <tbody>
      ${endpoints.map((endpoint) => {
        const part = parts.get(endpoint.id)
        const { failed = 0, held = 0 } = part?.counts ?? {}
        const failingSince = failing.get(endpoint.id) ?? null
        return html`<tr>
          <td class="wide">
            <a class="clip" href="${base}/endpoints/${endpoint.id}">${endpointName(endpoint)}</a>
            ${endpoint.description ? html`<span class="dim small clip">${name(addressOf(endpoint))}</span>` : ""}
          </td>
          <td>
            ${endpointStatus(endpoint, failingSince)}
            ${failingSince === null ? "" : html`<div class="dim small whole">since ${time(failingSince)}</div>`}
          </td>
          <td class="dim">${wanted(endpoint)}</td>
          <td class="num" data-label="last hour">
            ${about}${number(part ? sumOf(part.counts) : 0)}
          </td>
          <td class="num" data-label="failed or held">${about}${number(failed + held)}</td>
          <td class="num" data-label="median">${duration(part?.latencyMs.p50 ?? null)}</td>
        </tr>`
      })}
    </tbody>
  </table>`
}

const MAX_WORDS = 2

/** The selected events, in a few words. */
function wanted({ connector, eventTypes, filter }: Endpoint): Html | string {
  const some = eventTypes ?? [connector ? "calls" : "all but calls"]
  const filtered = filter ? ", filtered" : ""
  const more = some.length - MAX_WORDS
  return `${some.slice(0, MAX_WORDS).join(", ")}${more > 0 ? ` and ${more} more` : ""}${filtered}`
}
