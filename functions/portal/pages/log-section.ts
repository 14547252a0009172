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
  /** Since when it is shown, where a filter says so: the same on the next page. */
  after: string | undefined
  /** What to say where nothing matches, and where the log is empty. */
  words: { unmatched: string; title: string; start: string }
}

/** A page of a log that goes on by itself, or why nothing is in it. */
export function logSection<T>(log: Log<T>): Html {
  const { list, here, base, query, after, words } = log
  const items = list.ok ? list.body.data : []
  const next = list.ok ? list.body.nextCursor : null
  const why = () => {
    if (next !== null) {
      const words = "Nothing in this part of the log. There is more further back."
      return html`<div class="body">${note("wait", words)}</div>`
    }
    if (log.isFiltered) {
      const clear = html`<a class="button" href="${here}">Clear the filters</a>`
      return empty("Nothing matches", words.unmatched, clear)
    }
    const toSources = html`<a class="button" href="${base}/sources">To the PBXes</a>`
    return empty(words.title, words.start, toSources)
  }
  return html`<div ${query.has("cursor") ? "" : html`id="live"`}>
    ${list.ok ? "" : problemNote(list.problem)}
    <section class="card">
      ${items.length > 0 ? log.rows(items) : why()}
      ${pager(here, query, next, after === undefined ? {} : { after })}
    </section>
  </div>`
}
