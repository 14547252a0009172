import { html } from "hono/html"
import { nothing, type Html } from "./html.ts"

/**
 * Links to older items and back to the newest. `fixed`: parameters that must keep this page's
 * values.
 */
export function pager(
  at: string,
  query: URLSearchParams,
  nextCursor: string | null,
  fixed: Record<string, string> = {},
): Html {
  const isFirst = !query.has("cursor")
  if (isFirst && nextCursor === null) return nothing
  return html`<nav class="pager" aria-label="Pages">
    <span
      >${isFirst ? "" : html`<a href="${withQuery(at, query, { cursor: null })}">Newest</a>`}</span
    >
    <span>
      ${nextCursor === null ? html`<span class="dim">End of list</span>` : html`<a href="${withQuery(at, query, { ...fixed, cursor: nextCursor })}">Older →</a>`}
    </span>
  </nav>`
}

/**
 * The URL with those parameters changed; null removes one. `done` is removed, so that its message
 * is shown once.
 */
export function withQuery(
  at: string,
  query: URLSearchParams,
  changes: Record<string, string | null>,
): string {
  const next = new URLSearchParams(query)
  next.delete("done")
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) next.delete(name)
    else next.set(name, value)
  }
  const text = next.toString()
  return text === "" ? at : `${at}?${text}`
}
