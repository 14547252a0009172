import { at, listAt, textAt } from "./json.ts"
import { failed, quote } from "./problem.ts"
import type { Answer, Judge } from "./step.ts"

/** Zoho's error for the single record that was sent. */
export const itemOf = ({ body }: Answer): unknown => listAt(body, "data")[0]

/** Explains Zoho's errors to the person who configured the endpoint. */
export const judge: Judge = (answer, { purpose }) => {
  const { statusCode, body } = answer
  const problem = at(body, "code") === undefined ? itemOf(answer) : body
  const code = textAt(problem, "code")
  const field = textAt(problem, "details", "api_name")
  const said = quote(textAt(problem, "message"))
  const words = `Zoho refused to ${purpose} (${statusCode}${code ? ` ${code}` : ""})${said}${field ? ` (field ${field})` : ""}`
  if (statusCode === 401 && code !== "OAUTH_SCOPE_MISMATCH" && code !== "NO_PERMISSION")
    return failed(answer, `Zoho does not take the token: check connector.auth${said}`)
  if (code === "OAUTH_SCOPE_MISMATCH")
    return failed(answer, `${words}; connector.auth needs the scopes ${SCOPES}`)
  if (statusCode === 403 || code === "NO_PERMISSION")
    return failed(answer, `${words}; the user of connector.auth may not do that`)
  if (statusCode === 429) return failed(answer, words, waitOf(code))
  return failed(answer, words)
}

const SCOPES =
  "ZohoCRM.modules.calls.ALL, ZohoCRM.modules.contacts.READ, ZohoSearch.securesearch.READ, ZohoCRM.settings.fields.READ"

const MINUTE = 60_000

// Zoho never reports a duration: a concurrency limit ends soon, used-up credits are restored over a
// day.
const waitOf = (code: string | undefined) =>
  code === "TOO_MANY_REQUESTS" ? MINUTE / 6 : 15 * MINUTE
