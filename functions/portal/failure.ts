import { html } from "hono/html"
import { ProblemError, problems } from "../api/problem.ts"
import type { Problem } from "./client.ts"
import { heading, note, type Html } from "./html.ts"
import { gateHtml } from "./layout.ts"
import type { Shown } from "./page.ts"

/** The links of a page that cannot be shown. */
export type WayBack = { href: string; word: string; again?: string | undefined }

const START: WayBack = { href: "/portal", word: "To the start page" }

const waysHtml = ({ href, word, again }: WayBack): Html =>
  html`<p class="row">
    ${again === undefined ? "" : html`<a class="button primary" href="${again}">Try again</a>`}
    <a class="button" href="${href}">${word}</a>
  </p>`

const tryAgain = (requestId: string): Html =>
  html`Try again. If it keeps failing, give your operator this id: <code>${requestId}</code>`

const MISSING = "It may have been deleted, or its retention time is over."
const OPERATOR_ONLY =
  "You are signed in to the portal of one tenant. This page concerns all tenants and needs the operator's key."
const READ_ONLY =
  "Nothing was changed, and secrets are not shown. Ask the sender of your link for one with full access, or sign in with a key that has it."

/** The page shown when the API refused a request that the page needs. */
export function problemView(problem: Problem, way: WayBack = START): Shown {
  const { status, code, detail, requestId } = problem
  const isBroken = status >= 500
  const [title, about] =
    status === 404
      ? ["Not found", MISSING]
      : code === "auth.forbidden"
        ? ["This page is for the operator only", OPERATOR_ONLY]
        : code === "auth.scope"
          ? ["Your access is read-only", READ_ONLY]
          : [problem.title, isBroken ? tryAgain(requestId) : (detail ?? "")]
  const again = isBroken ? way.again : undefined
  return {
    title: status === 404 ? "Not found" : title,
    status,
    content: html`${heading({ title, about })}${waysHtml({ ...way, again })}`,
  }
}

/** The page shown when a request failed before any other page could be made. */
export function failureView(
  error: unknown,
  isForeign: boolean,
  requestId: string,
  again: string | undefined,
): { content: Html; status: number } {
  if (isForeign) {
    const text =
      "The request came from another site, so nothing was changed. Open the page here and try again."
    const content = html`<h1>Refused</h1>
      ${note("bad", text)}${waysHtml(START)}`
    return { status: 403, content: gateHtml("Refused", content) }
  }
  const code = error instanceof ProblemError ? error.code : "internal"
  const [status, title] = problems[code]
  const about = status === 500 ? tryAgain(requestId) : (error as Error).message
  const content = html`<h1>${title}</h1>
    <p class="dim">${about}</p>
    ${waysHtml({ ...START, again })}`
  return { status, content: gateHtml(title, content) }
}
