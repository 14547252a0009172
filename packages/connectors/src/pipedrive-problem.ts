import { textAt } from "./json.ts"
import { DAILY_LIMIT_WAIT_MS, failed, quote, retryAfterOf } from "./problem.ts"
import type { Answer, Judge } from "./step.ts"

/** Explains Pipedrive's errors to the person who configured the endpoint. */
export const judge: Judge = (answer, { purpose }) => {
  const { statusCode, body } = answer
  const said = quote(textAt(body, "error"))
  const words = `Pipedrive refused to ${purpose} (${statusCode})${said}`
  if (statusCode === 401)
    return failed(answer, `Pipedrive does not take the token: check connector.auth${said}`)
  // The response to a client that keeps sending requests after a 429, with an HTML page.
  if (statusCode === 403 && typeof body === "string")
    return failed(answer, `Pipedrive has blocked this address for a while (403)`, BLOCKED_WAIT_MS)
  if (statusCode === 403)
    return failed(answer, `${words}; the user of connector.auth may not do that`)
  if (statusCode === 404 && purpose === "read the user")
    return failed(answer, `${words}; check connector.companyDomain`)
  if (statusCode === 429) return failed(answer, words, waitOf(answer))
  return failed(answer, words)
}

const BLOCKED_WAIT_MS = 10 * 60 * 1_000
const TEN_SECONDS = 10_000

function waitOf(answer: Answer): number {
  if (answer.headers["x-daily-ratelimit-token-remaining"] === "0") return DAILY_LIMIT_WAIT_MS
  const reset = Number(answer.headers["x-ratelimit-reset"] ?? NaN)
  const resetMs = Number.isFinite(reset) && reset >= 0 ? Math.ceil(reset) * 1_000 : undefined
  return retryAfterOf(answer) ?? resetMs ?? TEN_SECONDS
}
