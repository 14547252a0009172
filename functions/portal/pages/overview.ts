import { html } from "hono/html"
import { path } from "../client.ts"
import { sumOf } from "../charts.ts"
import { heading, liveMark, name, note, number, seconds, time, type Html } from "../html.ts"
import { tenantSection, type TenantVisit } from "../page.ts"
import { endpointStatus, sourceStatus } from "../status.ts"
import type { Delivery, Endpoint, Event, Page, Source, TenantStats } from "../types.ts"
import { attentionHtml } from "./attention.ts"
import { trafficHtml, windowIn, type WindowWord } from "./traffic.ts"
import { endpointName } from "./endpoint-name.ts"

// Failing and newest ones; a link leads to all.
const SHOWN = 8
// Missing deliveries of the last week.
const NOT_ARRIVED = 50
const WEEK_MS = 7 * 24 * 3600 * 1000
const MAX = 200
const GAPS = 5

const page = tenantSection("overview")

export const overviewPages = [
  page.show("", async (visit) => {
    const { client, tenant, base, query } = visit
    const at = path`/tenants/${tenant.id}`
    const word = windowIn(query)
    const weekAgo = new Date(Date.now() - WEEK_MS).toISOString()
    const missed = (status: string) =>
      client.get<Page<Delivery>>(
        `${at}/deliveries?status=${status}${path`&after=${weekAgo}`}&limit=${NOT_ARRIVED}`,
      )
    const [endpoints, sources, gaps, failed, held, all] = await Promise.all([
      client.get<Page<Endpoint>>(`${at}/endpoints?limit=${MAX}`),
      client.get<Page<Source>>(`${at}/sources?limit=${MAX}`),
      client.get<Page<Event>>(`${at}/events?type=source.gap&limit=${GAPS}`),
      missed("failed"),
      // Apart from the failed ones: a disabled endpoint can have any number of them.
      missed("held"),
      client.get<TenantStats>(`${at}/stats?window=${word}`),
    ])
    const notArrived = {
      data: [...failed.data, ...held.data],
      nextCursor: failed.nextCursor ?? held.nextCursor,
    }
    // Failing ones come first, whatever their age.
    const failing = new Set(all.failing.map(({ endpointId }) => endpointId))
    const shown = [
      ...endpoints.data.filter(({ id }) => failing.has(id)),
      ...endpoints.data.filter(({ id }) => !failing.has(id)),
    ].slice(0, SHOWN)
    const content = html`${heading({ title: "Overview", actions: liveMark })}
      <div id="live">
        ${
          endpoints.data.length === 0 || sources.data.length === 0
            ? startHtml(visit, endpoints.data, sources.data)
            : ""
        }
        ${attentionHtml(visit, endpoints.data, all, notArrived, sources.data)}
        ${endpoints.data.length > 0 ? trafficHtml(base, all, word) : ""}
        <div class="cards">
          ${endpoints.data.length > 0 ? endpointsHtml(base, shown, endpoints.data.length, all, word) : ""}
          ${sources.data.length > 0 ? sourcesHtml(base, sources.data) : ""}
        </div>
        ${gaps.data.length > 0 ? gapsHtml(base, gaps.data, sources.data) : ""}
      </div>`
    return { title: "Overview", content }
  }),
]

function startHtml(
  { base, mayChange }: TenantVisit,
  endpoints: Endpoint[],
  sources: Source[],
): Html {
  if (!mayChange)
    return note("wait", "The set-up is not complete: there is no endpoint or no PBX yet.")
  return html`<section class="card">
    <header><h2>Get started</h2></header>
    <div class="body">
      <ol class="steps">
        <li>
          <h3>Add an endpoint</h3>
          <p class="dim">An endpoint is a URL of your server. Ringback POSTs events to it.</p>
          ${
            endpoints.length > 0
              ? html`<p>Done: ${number(endpoints.length)} so far.</p>`
              : html`<p>
                  <a class="button primary" href="${base}/endpoints/new">Add an endpoint</a>
                </p>`
          }
        </li>
        <li>
          <h3>Connect a PBX</h3>
          <p class="dim">
            A small collector near your Asterisk reads its events. You get its command, ready to
            copy.
          </p>
          ${
            sources.length > 0
              ? html`<p>Done: ${number(sources.length)} so far.</p>`
              : html`<p>
                  <a
                    class="button ${endpoints.length > 0 ? "primary" : ""}"
                    href="${base}/sources/new"
                    >Add a PBX</a
                  >
                </p>`
          }
        </li>
        <li>
          <h3>See the first webhook</h3>
          <p class="dim">
            Deliveries lists it with your server's answer. You do not need a call: a PBX's page can
            send an example through the whole pipeline.
          </p>
        </li>
      </ol>
    </div>
  </section>`
}

function endpointsHtml(
  base: string,
  shown: Endpoint[],
  total: number,
  stats: TenantStats,
  word: WindowWord,
): Html {
  const failingSince = new Map(stats.failing.map((each) => [each.endpointId, each.failingSince]))
  const counts = new Map(stats.endpoints.map((each) => [each.endpointId, sumOf(each.counts)]))
  return html`<section class="card">
    <header>
      <h2>Endpoints</h2>
      <a href="${base}/endpoints">${total > shown.length ? `All ${total}` : "All"}</a>
    </header>
    <table class="list">
      <thead>
        <tr>
          <th>Endpoint</th>
          <th>State</th>
          <th class="num">Last ${word}</th>
        </tr>
      </thead>
      <tbody>
        ${shown.map(
          (endpoint) =>
            html`<tr>
              <td class="wide">
                <a class="clip" href="${base}/endpoints/${endpoint.id}"
                  >${endpointName(endpoint)}</a
                >
              </td>
              <td>${endpointStatus(endpoint, failingSince.get(endpoint.id) ?? null)}</td>
              <td class="num" data-label="last ${word}">
                ${stats.isEstimate ? "≈ " : ""}${number(counts.get(endpoint.id) ?? 0)}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`
}

const sourcesHtml = (base: string, sources: Source[]): Html =>
  html`<section class="card">
    <header>
      <h2>PBXes</h2>
      <a href="${base}/sources">All</a>
    </header>
    <table class="list">
      <thead>
        <tr>
          <th>PBX</th>
          <th>State</th>
          <th>Last heartbeat</th>
        </tr>
      </thead>
      <tbody>
        ${sources.slice(0, SHOWN).map(
          (source) =>
            html`<tr>
              <td class="wide">
                <a class="clip" href="${base}/sources/${source.id}">${name(source.name)}</a>
              </td>
              <td>${sourceStatus(source.status)}</td>
              <td data-label="heard">
                ${time(source.lastSeenAt)}${
                  (source.spoolAgeSeconds ?? 0) >= 60
                    ? html` <span class="dim small"
                        >${seconds(source.spoolAgeSeconds ?? 0)} behind</span
                      >`
                    : ""
                }
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`

function gapsHtml(base: string, gaps: Event[], sources: Source[]): Html {
  const nameOf = (id: string | null) => sources.find((each) => each.id === id)?.name ?? id ?? ""
  return html`<section class="card">
    <header>
      <h2>Gaps</h2>
      <a href="${base}/events?type=source.gap">All</a>
    </header>
    <table class="list">
      <thead>
        <tr>
          <th>PBX</th>
          <th>From</th>
          <th>To</th>
          <th>Reason</th>
        </tr>
      </thead>
      <tbody>
        ${gaps.map(
          ({ id, source, data }) =>
            html`<tr>
              <td class="wide">
                <a class="clip" href="${base}/events/${id}">${name(nameOf(source))}</a>
              </td>
              <td data-label="from">${textOrTime(data["from"])}</td>
              <td data-label="to">${textOrTime(data["to"])}</td>
              <td>${typeof data["reason"] === "string" ? data["reason"] : ""}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`
}

const textOrTime = (value: unknown): Html =>
  time(typeof value === "string" ? value : null, "unknown")
