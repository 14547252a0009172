import { html } from "hono/html"
import { columnChart, legend, percent, shareDelivered, sumOf } from "../charts.ts"
import { duration, number, type Html } from "../html.ts"
import type { TenantStats } from "../types.ts"

const WINDOWS = ["hour", "day", "week"] as const
export type WindowWord = (typeof WINDOWS)[number]

/** The time window in the URL's query. */
export const windowIn = (query: URLSearchParams): WindowWord =>
  WINDOWS.find((each) => each === query.get("window")) ?? "hour"

/** A tenant's deliveries in that window, over time and in total. */
export function trafficHtml(base: string, stats: TenantStats, word: WindowWord): Html {
  const { counts, isEstimate, latencyMs } = stats
  const series = stats.series.map((each) => ({
    label: labelOf(each.from, word),
    ...(word !== "week" && { at: each.from }),
    counts: each.counts,
  }))
  return html`<section class="card">
    <header>
      <h2>Deliveries</h2>
      <nav class="tabs" aria-label="Time shown">
        ${WINDOWS.map(
          (each) =>
            html`<a href="${base}?window=${each}" ${each === word ? html`aria-current="true"` : ""}
              >Last ${each}</a
            >`,
        )}
      </nav>
    </header>
    <div class="body">
      ${columnChart(series, `Deliveries of the last ${word} by outcome`)}
      ${legend(counts, word !== "week")}
    </div>
    <dl class="figures">
      <div>
        <dt>Deliveries</dt>
        <dd>${isEstimate ? "≈ " : ""}${number(sumOf(counts))}</dd>
      </div>
      <div>
        <dt>Delivered</dt>
        <dd>${percent(shareDelivered(counts))}</dd>
      </div>
      <div>
        <dt>Response time, median</dt>
        <dd>${duration(latencyMs.p50)}</dd>
      </div>
      <div>
        <dt>Response time, 95th percentile</dt>
        <dd>${duration(latencyMs.p95)}</dd>
      </div>
    </dl>
  </section>`
}

const labelOf = (from: string, word: WindowWord) =>
  word === "week" ? from.slice(5, 10) : from.slice(11, 16)
