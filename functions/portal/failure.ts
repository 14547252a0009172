import { html } from "hono/html"
import { ProblemError, problems } from "../api/problem.ts"
import type { Problem } from "./client.ts"
import { heading, note, type Html } from "./html.ts"
import { gateHtml } from "./layout.ts"
import type { Shown } from "./page.ts"

const start = html`<p><a class="button" href="/portal">To the start page</a></p>`

/** What stands in a page's place where the API refused what it needs. */
export function problemView({ status, title, detail }: Problem): Shown {
  const isMissing = status === 404
  return {
    title: isMissing ? "Not found" : title,
    status,
    content: html`${heading({
      title: isMissing ? "There is nothing here" : title,
      about: isMissing
        ? "It may have been deleted, or its time to be kept is over."
        : (detail ?? ""),
    })}${start}`,
  }
}

/** What is said where nobody is signed in, or nothing else can be shown. */
export function failureView(
  error: unknown,
  isForeign: boolean,
  requestId: string,
): { content: Html; status: number } {
  if (isForeign) {
    const text =
      "That came from another site, so nothing was done. Open the page here and try again."
    return { status: 403, content: gateHtml("Refused", note("bad", text)) }
  }
  const code = error instanceof ProblemError ? error.code : "internal"
  const [status, title] = problems[code]
  const content = html`<h1>${title}</h1>
    <p class="dim">
      ${status === 500 ? html`Try again. If it stays so, tell your operator: <code>${requestId}</code>` : (error as Error).message}
    </p>
    ${start}`
  return { status, content: gateHtml(title, content) }
}
