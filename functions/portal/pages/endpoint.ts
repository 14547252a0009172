import { html } from "hono/html"
import { path } from "../client.ts"
import { columnChart, legend, percent, shareDelivered, sumOf } from "../charts.ts"
import { button, confirm, field, select } from "../form.ts"
import { duration, heading, liveMark, note, nothing, number, time, type Html } from "../html.ts"
import { doneIn, tenantSection, type TenantVisit, type View } from "../page.ts"
import type { Delivery, Endpoint, EndpointStats, Page, Source } from "../types.ts"
import { deliveryRows } from "./delivery-rows.ts"
import { addressOf, endpointName, endpointText } from "./endpoint-name.ts"
import { pullHtml } from "./endpoint-pull.ts"
import { inPlace, settingsHtml } from "./endpoint-settings.ts"

const RECENT = 8

const page = tenantSection("endpoints")

export const endpointPage = [
  page.show("/endpoints/:endpointId", (visit) => {
    const done = doneIn(visit.query, {
      saved: "Saved. The change takes effect within 10 seconds.",
      enabled: "Enabled. To send the held deliveries, use Recover below.",
      disabled: "Disabled. New deliveries are held until it is enabled again.",
      recovering: "Recovery started. Missing deliveries are sent again, at the endpoint's rate.",
    })
    return endpointView(visit, done ? note("ok", done) : nothing)
  }),
]

export const endpointPath = ({ tenant, params }: TenantVisit): string =>
  path`/tenants/${tenant.id}/endpoints/${params["endpointId"] ?? ""}`

/** An endpoint's page. `outcome`: the result of the last action. */
export async function endpointView(visit: TenantVisit, outcome: Html, status = 200): Promise<View> {
  const { client, tenant, base, mayChange } = visit
  const at = endpointPath(visit)
  const endpoint = await client.get<Endpoint>(at)
  const log = path`/tenants/${tenant.id}/deliveries?endpointId=${endpoint.id}&limit=${String(RECENT)}`
  const [stats, recent, sources] = await Promise.all([
    client.get<EndpointStats>(`${at}/stats`),
    client.get<Page<Delivery>>(log),
    client.get<Page<Source>>(path`/tenants/${tenant.id}/sources?limit=${"200"}`),
  ])
  const here = `${base}/endpoints/${endpoint.id}`
  const content = html`${heading({
      title: endpointName(endpoint),
      about: endpoint.description ? html`<code>${addressOf(endpoint)}</code>` : "",
      crumbs: html`<a href="${base}/endpoints">Endpoints</a>`,
      actions: html`${liveMark}${mayChange ? actionsHtml(here, endpoint) : ""}`,
    })}
    <div id="outcome" aria-live="polite">${outcome}</div>
    <div id="live">
      ${stateHtml(endpoint, stats)}
      <section class="card">
        <header>
          <h2>Deliveries of the last day</h2>
          <a href="${base}/deliveries?endpointId=${endpoint.id}">All deliveries</a>
        </header>
        <div class="body">
          ${columnChart(
            stats.lastDay.series.map(({ from, counts }) => ({
              label: from.slice(11, 16),
              at: from,
              counts,
            })),
            "Deliveries of the last day by outcome",
          )}
          ${legend(stats.lastDay.counts, true)}
        </div>
        ${windowsHtml(stats)}
      </section>
      <section class="card">
        <header><h2>Most recent</h2></header>
        ${
          recent.data.length === 0
            ? recent.nextCursor !== null
              ? html`<div class="body dim">
                  None in the newest part of the log.
                  <a href="${base}/deliveries?endpointId=${endpoint.id}">Look further back</a>
                </div>`
              : html`<div class="body dim">
                  No delivery yet. Tests sent with the button above are not listed here. Examples
                  sent from a PBX's page are.
                </div>`
            : deliveryRows(base, recent.data, undefined)
        }
      </section>
    </div>
    ${mayChange ? recoverHtml(here, endpoint, stats) : ""}
    ${endpoint.pull ? pullHtml(visit.origin, tenant.id, endpoint.id) : ""}
    ${settingsHtml(endpoint, sources.data, here, mayChange)}`
  return { title: endpointText(endpoint), content, status }
}

function actionsHtml(here: string, endpoint: Endpoint): Html {
  const test = html`<form method="post" action="${here}/test" hx-post="${here}/test" ${inPlace}>
    <button type="submit">Send test</button>
  </form>`
  const edit = html`<a class="button" href="${here}/edit">Edit</a>`
  if (endpoint.disabled)
    return html`${endpoint.pull ? "" : test}${edit}${button(`${here}/enable`, "Enable", "primary")}${deletion(here, endpoint)}`
  const off = confirm({
    word: "Disable…",
    question: html`Disable <strong>${endpointName(endpoint)}</strong>? Nothing is sent to it.
      Pending and new deliveries are held, and can be sent once it is enabled again.`,
    action: `${here}/disable`,
    yes: "Disable",
  })
  return html`${endpoint.pull ? "" : test}${edit}${off}${deletion(here, endpoint)}`
}

const deletion = (here: string, endpoint: Endpoint): Html =>
  confirm({
    word: "Delete…",
    question: html`Delete <strong>${endpointName(endpoint)}</strong>? Its pending deliveries are
      discarded. This cannot be undone.`,
    action: `${here}/delete`,
    yes: "Delete permanently",
  })

const whyDisabled: Record<string, string> = {
  gone: "Your server answered 410 Gone, which asks Ringback to stop sending.",
  failing: "All deliveries failed for five days.",
  manual: "A user disabled it.",
}

function stateHtml(endpoint: Endpoint, { failingSince }: EndpointStats): Html {
  if (endpoint.disabled) {
    return note(
      "warn",
      html`<p>
        <strong>Disabled.</strong> ${whyDisabled[endpoint.disabledReason ?? "manual"]} New
        deliveries are held. Enable it, then use Recover.
      </p>`,
    )
  }
  if (failingSince === null) return nothing
  return note(
    "bad",
    html`<p>
      <strong>Failing since</strong> ${time(failingSince)}. The deliveries below show the answers of
      your server. A failed delivery is attempted up to ten times over three days.
    </p>`,
  )
}

const windowsHtml = ({ lastHour, lastDay, lastWeek }: EndpointStats): Html =>
  html`<dl class="figures">
    ${(
      [
        ["Last hour", lastHour],
        ["Last day", lastDay],
        ["Last week", lastWeek],
      ] as const
    ).map(
      ([word, { counts, latencyMs, isEstimate }]) =>
        html`<div>
          <dt>${word}</dt>
          <dd>
            ${isEstimate ? "≈ " : ""}${number(sumOf(counts))}
            ${shareDelivered(counts) === null ? "" : html`<small>${percent(shareDelivered(counts))} delivered</small>`}
          </dd>
          ${latencyMs.p50 === null ? "" : html`<dd class="small dim"><span class="whole">${duration(latencyMs.p50)} median,</span> <span class="whole">${duration(latencyMs.p95)} p95</span></dd>`}
        </div>`,
    )}
  </dl>`

function recoverHtml(here: string, endpoint: Endpoint, { failingSince }: EndpointStats): Html {
  if (endpoint.disabled) return nothing
  return html`<section class="card" id="recover">
    <header><h2>Recover</h2></header>
    <div class="body stack">
      <p class="dim">
        Sends missing deliveries again: failed, held, or never created. The number is shown before
        anything is sent.
      </p>
      <form class="filters" method="post" action="${here}/recover">
        ${field({
          id: "since",
          label: "Events received in the",
          control: select(
            "since",
            [
              ["1", "last hour"],
              ["24", "last day"],
              ["168", "last week"],
              ["720", "last 30 days"],
            ],
            failingSince === null ? "24" : "168",
          ),
        })}
        <button>Count missing deliveries</button>
      </form>
    </div>
  </section>`
}
