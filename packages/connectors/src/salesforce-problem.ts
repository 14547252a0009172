import { textAt } from "./json.ts"
import { DAILY_LIMIT_WAIT_MS, failed, quote } from "./problem.ts"
import type { Judge } from "./step.ts"

/** Explains Salesforce's errors to the person who configured the endpoint. */
export const judge: Judge = (answer, { purpose }) => {
  const { statusCode, body } = answer
  const code = textAt(body, 0, "errorCode")
  const said = quote(textAt(body, 0, "message"))
  const words = `Salesforce refused to ${purpose} (${statusCode}${code ? ` ${code}` : ""})${said}`
  if (statusCode === 401)
    return failed(answer, `Salesforce does not take the token: check connector.auth${said}`)
  // A limit of the whole org over a rolling day. The response does not contain its end.
  if (code === "REQUEST_LIMIT_EXCEEDED") return failed(answer, words, DAILY_LIMIT_WAIT_MS)
  if (statusCode === 403)
    return failed(answer, `${words}; the user of connector.auth may not do that`)
  if (statusCode === 404 && purpose === "log the call")
    return failed(answer, `${words}; check connector.callIdField: Activity needs it as External ID`)
  return failed(answer, words)
}
