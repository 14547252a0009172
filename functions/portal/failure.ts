import { html } from "hono/html"
import { ProblemError, problems } from "../api/problem.ts"
import type { Problem } from "./client.ts"
import { heading, note, type Html } from "./html.ts"
import { gateHtml } from "./layout.ts"
import type { Shown } from "./page.ts"

const start = html`<p><a class="button" href="/portal">To the start page</a></p>`

/** The page shown when the API refused a request that the page needs. */
export function problemView({ status, title, detail }: Problem): Shown {
  const isMissing = status === 404
  return {
    title: isMissing ? "Not found" : title,
    status,
    content: html`${heading({
      title: isMissing ? "Not found" : title,
      about: isMissing
        ? "It may have been deleted, or its retention time is over."
        : (detail ?? ""),
    })}${start}`,
  }
}

/** The page shown when a request failed before any other page could be made. */
export function failureView(
  error: unknown,
  isForeign: boolean,
  requestId: string,
): { content: Html; status: number } {
  if (isForeign) {
    const text =
      "The request came from another site, so nothing was changed. Open the page here and try again."
    return { status: 403, content: gateHtml("Refused", note("bad", text)) }
  }
  const code = error instanceof ProblemError ? error.code : "internal"
  const [status, title] = problems[code]
  const content = html`<h1>${title}</h1>
    <p class="dim">
      ${status === 500 ? html`Try again. If it keeps failing, give your operator this id: <code>${requestId}</code>` : (error as Error).message}
    </p>
    ${start}`
  return { status, content: gateHtml(title, content) }
}
