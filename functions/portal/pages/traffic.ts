import { html } from "hono/html"
import { addCounts, columnChart, legend, percent, shareDelivered, sumOf } from "../charts.ts"
import { duration, number, type Html } from "../html.ts"
import type { Endpoint, EndpointStats } from "../types.ts"

export type WithStats = { endpoint: Endpoint; stats: EndpointStats }

const WINDOWS = { hour: "lastHour", day: "lastDay", week: "lastWeek" } as const
export type WindowWord = keyof typeof WINDOWS

/** All deliveries of those endpoints in that window, over time and in sum. `all`: how many endpoints there are. */
export function trafficHtml(base: string, some: WithStats[], word: WindowWord, all: number): Html {
  const windows = some.map(({ stats }) => stats[WINDOWS[word]])
  const counts = addCounts(windows.map((each) => each.counts))
  const isEstimate = windows.some((each) => each.isEstimate)
  const most = (which: "p50" | "p95") =>
    windows.reduce<number | null>((worst, { latencyMs }) => {
      const value = latencyMs[which]
      return value === null ? worst : Math.max(worst ?? 0, value)
    }, null)
  const series = windows[0]?.series.map(({ from }, index) => ({
    label: labelOf(from, word),
    counts: addCounts(windows.map((each) => each.series[index]!.counts)),
  }))
  return html`<section class="card">
    <header>
      <h2>
        Deliveries${all > some.length ? html` <span class="dim small">of the ${some.length} newest of ${number(all)} endpoints</span>` : ""}
      </h2>
      <nav class="tabs" aria-label="Time shown">
        ${Object.keys(WINDOWS).map(
          (each) =>
            html`<a href="${base}?window=${each}" ${each === word ? html`aria-current="true"` : ""}
              >Last ${each}</a
            >`,
        )}
      </nav>
    </header>
    <div class="body">
      ${series ? columnChart(series, `Deliveries of the last ${word} by outcome, times in UTC`) : ""}
      ${legend(counts)}
    </div>
    <dl class="figures">
      <div>
        <dt>Deliveries</dt>
        <dd>${isEstimate ? "≈ " : ""}${number(sumOf(counts))}</dd>
      </div>
      <div>
        <dt>Arrived</dt>
        <dd>${percent(shareDelivered(counts))}</dd>
      </div>
      <div>
        <dt>Answer time, median</dt>
        <dd>${duration(most("p50"))}</dd>
      </div>
      <div>
        <dt>Answer time, 95th percentile</dt>
        <dd>${duration(most("p95"))}</dd>
      </div>
    </dl>
  </section>`
}

const labelOf = (from: string, word: WindowWord) =>
  word === "week" ? from.slice(5, 10) : from.slice(11, 16)
