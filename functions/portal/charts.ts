import { html } from "hono/html"
import { number, type Html } from "./html.ts"
import type { EndpointStats } from "./types.ts"

type Counts = EndpointStats["lastHour"]["counts"]
export type Status = keyof Counts

// Stacked from the bottom up: failures are on top, where they are seen first.
export const STATUSES: readonly Status[] = ["delivered", "pending", "held", "discarded", "failed"]

const WORDS: Record<Status, string> = {
  delivered: "Delivered",
  pending: "Pending",
  held: "Held",
  discarded: "Discarded",
  failed: "Failed",
}

export const sumOf = (counts: Counts): number =>
  Object.values(counts).reduce((sum, each) => sum + each, 0)

/** The share of delivered ones among all but the discarded; null without any. */
export function shareDelivered({ delivered, failed, held, pending }: Counts): number | null {
  const all = delivered + failed + held + pending
  return all === 0 ? null : delivered / all
}

export const percent = (share: number | null): string =>
  share === null
    ? "–"
    : `${(Math.floor(share * 1000) / 10).toFixed(share === 1 || share === 0 ? 0 : 1)} %`

/** What the colours stand for; `isZoned`: whether the times below the columns become the viewer's. */
export const legend = (counts: Counts, isZoned: boolean): Html =>
  html`<ul class="legend">
    ${STATUSES.filter((status) => counts[status] > 0 || status === "delivered").map(
      (status) =>
        html`<li>
          <svg class="chart" viewBox="0 0 10 10" aria-hidden="true">
            <rect class="${status}" width="10" height="10" rx="2" /></svg
          >${WORDS[status]} <strong>${number(counts[status])}</strong>
        </li>`,
    )}
    <li ${isZoned ? html`data-zone` : ""}>${isZoned ? "Times" : "Days"} in UTC</li>
  </ul>`

// Pixels up and down, shares of whatever width there is from left to right: letters stay as large on a phone.
const HEIGHT = 186
const AXIS = 40
const TOP = 10
const BOTTOM = 22

/** `at`: the time in its label, where a browser says it in the viewer's zone. */
export type Column = { label: string; at?: string; counts: Counts }

/** Columns of deliveries over time, stacked by status. */
export function columnChart(columns: Column[], title: string): Html {
  const most = niceCeiling(Math.max(1, ...columns.map(({ counts }) => sumOf(counts))))
  const plot = HEIGHT - TOP - BOTTOM
  const step = 100 / columns.length
  const y = (value: number) => round(TOP + plot - (value / most) * plot)
  const zoned = ({ at }: Column) => (at === undefined ? "" : html`data-at="${at}"`)
  const bars = columns.map((column, index) => {
    const { counts, label } = column
    let below = 0
    const said = STATUSES.filter((status) => counts[status] > 0)
    const about = said.map((status) => `${counts[status]} ${status}`).join(", ") || "none"
    return html`<g
      ><title ${zoned(column)}>${label}: ${about}</title
      ><rect
        class="whole"
        x="${percentOf(index * step)}"
        y="${TOP}"
        width="${percentOf(step)}"
        height="${plot}"
      />${said.map((status) => {
        const from = y(below)
        below += counts[status]
        const to = y(below)
        return html`<rect
          class="${status}"
          x="${percentOf(index * step + step * 0.14)}"
          y="${to}"
          width="${percentOf(step * 0.72)}"
          height="${round(Math.max(0.8, from - to))}"
        />`
      })}</g
    >`
  })
  const values = [0, most / 2, most]
  const lines = values.map(
    (value) => html`<line class="grid" x1="0" x2="100%" y1="${y(value)}" y2="${y(value)}" />`,
  )
  const scale = values.map(
    (value) =>
      html`<text x="${AXIS - 8}" y="${y(value) + 4}" text-anchor="end">${short(value)}</text>`,
  )
  const every = Math.ceil(columns.length / 6)
  const labels = columns.map((column, index) =>
    index % every === 0
      ? html`<text x="${percentOf(index * step + step * 0.14)}" y="${HEIGHT - 5}" ${zoned(column)}
          >${column.label}</text
        >`
      : "",
  )
  return html`<div class="plot">
    <svg class="chart" width="${AXIS}" height="${HEIGHT}" aria-hidden="true">${scale}</svg>
    <svg class="chart" width="100%" height="${HEIGHT}" role="img" aria-label="${title}">
      ${lines}${bars}${labels}
    </svg>
  </div>`
}

const percentOf = (value: number) => `${Math.round(value * 100) / 100}%`

const round = (value: number) => Math.round(value * 10) / 10

const short = (value: number) =>
  value >= 1_000_000
    ? `${value / 1_000_000}M`
    : value >= 1_000
      ? `${value / 1_000}k`
      : String(value)

/**
 * The smallest of 2, 4, 6, 8, 10, 20, 40, ... that is at least `value`. Its half is a whole number
 * too.
 */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return (
    [1, 2, 4, 6, 8, 10]
      .map((each) => each * power)
      .find((each) => each >= value && each % 2 === 0) ?? 10 * power
  )
}
