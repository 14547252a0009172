import { html } from "hono/html"
import type { Answered } from "../client.ts"
import { copyable, duration, exactTime, note, nothing, number, type Html } from "../html.ts"
import { tenantSection, type TenantVisit, type View } from "../page.ts"
import { problemNote } from "../problem-view.ts"
import type { Endpoint } from "../types.ts"
import { CRMS } from "./endpoint-kinds.ts"
import { endpointPath, endpointView } from "./endpoint.ts"
import { whyHtml } from "./why.ts"

type TestResult = {
  delivered: boolean
  statusCode: number | null
  durationMs: number
  error: string | null
  responseBody: string | null
}
type Secret = { secret?: string; publicKey?: string; previous: { expiresAt: string }[] }
type Rotated = { secret?: string; publicKey?: string; previousExpiresAt: string }

const page = tenantSection("endpoints")

/** The endpoint's page with the result of an action, or with the problem. */
const outcome = <T>(
  visit: TenantVisit,
  answered: Answered<T>,
  show: (body: T) => Html,
): Promise<View> =>
  answered.ok
    ? endpointView(visit, show(answered.body))
    : endpointView(visit, problemNote(answered.problem), answered.status)

/** Enables or disables the endpoint, then shows its page. */
const switched =
  (word: "enabled" | "disabled") =>
  async (visit: TenantVisit): Promise<View> => {
    const body = { disabled: word === "disabled" }
    const answered = await visit.client.ask("PATCH", endpointPath(visit), { body })
    if (!answered.ok) return endpointView(visit, problemNote(answered.problem), answered.status)
    return { to: `${visit.base}/endpoints/${visit.params["endpointId"] ?? ""}?done=${word}` }
  }

export const endpointActionPages = [
  page.act("/endpoints/:endpointId/test", async (visit) => {
    const at = endpointPath(visit)
    const { connector } = await visit.client.get<Endpoint>(at)
    const answered = await visit.client.ask<TestResult>("POST", `${at}/test`, { body: {} })
    return outcome(visit, answered, (result) =>
      connector ? signedInHtml(CRMS[connector.kind], result) : testHtml(result),
    )
  }),
  page.act("/endpoints/:endpointId/secret", async (visit) => {
    const answered = await visit.client.ask<Secret>("GET", `${endpointPath(visit)}/secret`)
    return outcome(visit, answered, ({ secret, publicKey, previous }) =>
      note(
        "wait",
        html`<p>
            <strong>${secret ? "The secret" : "The public key"}.</strong>
            ${previous.length > 0 ? html`${number(previous.length)} older ${previous.length === 1 ? "one signs" : "ones sign"} too, the last until ${exactTime(previous[0]!.expiresAt)}.` : ""}
          </p>
          ${copyable(secret ?? publicKey ?? "", "Secret", true)}`,
      ),
    )
  }),
  page.act("/endpoints/:endpointId/rotate", async (visit) => {
    const overlapSeconds = Number(visit.form.get("overlap") ?? "86400")
    const at = `${endpointPath(visit)}/secret/rotate`
    const answered = await visit.client.ask<Rotated>("POST", at, {
      body: { overlapSeconds },
      idempotencyKey: visit.form.get("once") ?? undefined,
    })
    return outcome(visit, answered, ({ secret, publicKey, previousExpiresAt }) =>
      note(
        "ok",
        html`<p>
            <strong>The new ${secret ? "secret" : "public key"}.</strong>
            ${overlapSeconds > 0 ? html`The old one stays valid until ${exactTime(previousExpiresAt)}.` : "The old one is no longer valid."}
            Configure the new one on your server.
          </p>
          ${copyable(secret ?? publicKey ?? "", "New secret", true)}`,
      ),
    )
  }),
  page.act("/endpoints/:endpointId/enable", switched("enabled")),
  page.act("/endpoints/:endpointId/disable", switched("disabled")),
  page.act("/endpoints/:endpointId/delete", async (visit) => {
    const answered = await visit.client.ask("DELETE", endpointPath(visit))
    if (!answered.ok) return endpointView(visit, problemNote(answered.problem), answered.status)
    return { to: `${visit.base}/endpoints?done=deleted` }
  }),
]

function signedInHtml(crm: string, { delivered, error, responseBody }: TestResult): Html {
  if (delivered)
    return note(
      "ok",
      html`<p>
        <strong>Signed in to ${crm}.</strong> All settings and fields for logging a call are there.
      </p>`,
    )
  return note(
    "bad",
    html`<p><strong>The test failed:</strong> ${error ?? ""}</p>
      ${responseHtml(crm, responseBody)}`,
  )
}

const responseHtml = (who: string, body: string | null): Html =>
  body
    ? html`<p>${who} answered:</p>
        <pre tabindex="0" role="region" aria-label="Answer of ${who}">${body}</pre>`
    : nothing

function testHtml({ delivered, statusCode, durationMs, error, responseBody }: TestResult): Html {
  if (delivered) {
    const text = html`<p>
      <strong>The test was delivered.</strong> Your server answered ${String(statusCode)} in
      ${duration(durationMs)}.
    </p>`
    return note("ok", text)
  }
  return note(
    "bad",
    html`<p>
        <strong>The test was not delivered:</strong> ${error ?? ""}
        <span class="dim">after ${duration(durationMs)}</span>
      </p>
      ${whyHtml(statusCode, error)} ${responseHtml("Your server", responseBody)}`,
  )
}
