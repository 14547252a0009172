import { html } from "hono/html"

/** Markup with escaped interpolated texts. */
export type Html = ReturnType<typeof html>

export const nothing: Html = html``

// Shorter names are never cut.
const MAX_UNCUT = 12

/**
 * A name given by a user, isolated because it may be written from right to left. A list may cut it,
 * so the title has the whole name.
 */
export const name = (text: string): Html =>
  text.length > MAX_UNCUT ? html`<bdi title="${text}">${text}</bdi>` : html`<bdi>${text}</bdi>`

const utc = (iso: string) => `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`

/** A time. The browser shows how long ago it is, and the exact time in the user's zone on hover. */
export const time = (iso: string | null, none = "never"): Html =>
  iso === null
    ? html`<span class="dim">${none}</span>`
    : html`<time datetime="${iso}">${utc(iso)}</time>`

/** When something is done next. It may be due already: then it is any moment, not in the past. */
export const dueTime = (iso: string): Html =>
  html`<time datetime="${iso}" data-form="due">${utc(iso)}</time>`

export const exactTime = (iso: string): Html =>
  html`<time datetime="${iso}" data-form="exact">${utc(iso)}</time>`

/** A text with a copy button. A script shows the button, as it does not work without one. */
export const copyable = (text: string, label: string, isSecret = false): Html =>
  html`<div class="copyable ${isSecret ? "secret" : ""}">
    <pre tabindex="0" role="region" aria-label="${label}">${text}</pre>
    <button type="button" data-copy hidden aria-label="Copy: ${label}">Copy</button>
  </div>`

export const json = (value: unknown, label: string): Html =>
  copyable(JSON.stringify(value, null, 2), label)

const count = new Intl.NumberFormat("en")
export const number = (value: number): string => count.format(value)

export const duration = (ms: number | null): string =>
  ms === null
    ? "–"
    : ms < 1_000
      ? `${Math.round(ms)} ms`
      : `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`

export const seconds = (value: number): string =>
  value < 90
    ? `${Math.round(value)} s`
    : value < 5_400
      ? `${Math.round(value / 60)} min`
      : `${Math.round(value / 3_600)} h`

/** The empty state of a page or a part of one: what it will show, and how to get there. */
export const empty = (title: string, text: Html | string, actions: Html = nothing): Html =>
  html`<div class="empty">
    <h2>${title}</h2>
    <p>${text}</p>
    <div class="row">${actions}</div>
  </div>`

export type Tone = "ok" | "bad" | "warn" | "wait" | "held" | "off"

export const note = (tone: Tone, content: Html | string): Html =>
  html`<div class="note is-${tone}" role="${tone === "bad" ? "alert" : "status"}">${content}</div>`

export type Heading = { title: Html | string; about?: Html | string; actions?: Html; crumbs?: Html }

export const heading = ({ title, about, actions, crumbs }: Heading): Html =>
  html`<div class="head">
    <div>
      ${crumbs ? html`<p class="crumbs">${crumbs}</p>` : ""}
      <h1>${title}</h1>
      ${about ? html`<p>${about}</p>` : ""}
    </div>
    ${actions ? html`<div class="row">${actions}</div>` : ""}
  </div>`

export const liveMark: Html = html`<span class="live-mark">Live</span>`
