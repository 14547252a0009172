import { html } from "hono/html"
import { empty, note, type Html } from "../html.ts"
import { pager } from "../pager.ts"
import { problemNote } from "../problem-view.ts"
import type { Page } from "../types.ts"
import type { Answered } from "../client.ts"

type Log<T> = {
  list: Answered<Page<T>>
  rows: (items: T[]) => Html
  isFiltered: boolean
  /** The page without its filters. */
  here: string
  base: string
  query: URLSearchParams
  /** The start of the filter's time range, if any. The next page has the same. */
  after: string | undefined
  /** Texts for no match and for an empty log. */
  words: { unmatched: string; title: string; start: string }
}

/** A page of a log that refreshes itself, or why it is empty. */
export function logSection<T>(log: Log<T>): Html {
  const { list, here, base, query, after, words } = log
  const items = list.ok ? list.body.data : []
  const next = list.ok ? list.body.nextCursor : null
  const whyEmpty = () => {
    if (next !== null) {
      const text = "No match in this part of the log. Older entries have not been searched yet."
      return html`<div class="body">${note("wait", text)}</div>`
    }
    if (log.isFiltered) {
      const clear = html`<a class="button" href="${here}">Clear the filters</a>`
      return empty("Nothing matches", words.unmatched, clear)
    }
    const toSources = html`<a class="button" href="${base}/sources">PBXes</a>`
    return empty(words.title, words.start, toSources)
  }
  return html`<div ${query.has("cursor") ? "" : html`id="live"`}>
    ${list.ok ? "" : problemNote(list.problem)}
    <section class="card">
      ${items.length > 0 ? log.rows(items) : whyEmpty()}
      ${pager(here, query, next, after === undefined ? {} : { after })}
    </section>
  </div>`
}
