import { listAt, textAt } from "./json.ts"
import { DAILY_LIMIT_WAIT_MS, failed, quote, retryAfterOf } from "./problem.ts"
import type { Judge } from "./step.ts"

const TEN_SECONDS = 10_000
const TWO_SECONDS = 2_000
const ONE_SECOND = 1_000

/** Explains HubSpot's errors to the person who configured the endpoint. */
export const judge: Judge = (answer, { purpose }) => {
  const { statusCode, body } = answer
  const said = textAt(body, "message") ?? textAt(listAt(body, "errors")[0], "message")
  const words = `HubSpot refused to ${purpose} (${statusCode})${quote(said)}`
  if (statusCode === 401)
    return failed(answer, `HubSpot does not take the token: check connector.auth${quote(said)}`)
  if (statusCode === 403)
    return failed(answer, `${words}; connector.auth needs the scopes ${SCOPES}`)
  if (statusCode === 423) return failed(answer, words, TWO_SECONDS)
  if (statusCode === 429) {
    const wait = retryAfterOf(answer) ?? waitOf(textAt(body, "policyName"), said)
    return failed(answer, words, wait)
  }
  return failed(answer, words)
}

const SCOPES =
  "crm.objects.contacts.read and .write (crm.schemas.contacts.write for the first call)"

function waitOf(policy: string | undefined, said: string | undefined): number {
  if (policy === "DAILY") return DAILY_LIMIT_WAIT_MS
  return said?.includes("secondly limit") && policy === undefined ? ONE_SECOND : TEN_SECONDS
}
