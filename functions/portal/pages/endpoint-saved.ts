import { html } from "hono/html"
import { copyable, heading, note, type Html } from "../html.ts"
import type { TenantVisit, View } from "../page.ts"
import type { CreatedEndpoint, Endpoint } from "../types.ts"
import { CRMS, endpointKindOf, isCrm } from "./endpoint-kinds.ts"
import { pullHtml } from "./endpoint-pull.ts"

const warningsHtml = ({ warnings = [] }: Pick<Endpoint, "warnings">): Html =>
  warnings.length === 0
    ? html``
    : note(
        "warn",
        html`<p><strong>Saved with warnings:</strong></p>
          <ul>
            ${warnings.map((each) => html`<li><code>${each.path}</code> ${each.message}</li>`)}
          </ul>`,
      )

/** The page after a change that was saved with warnings. */
export const warningsView = (back: string, endpoint: Endpoint): View => ({
  title: "Saved",
  content: html`${heading({ title: "Saved" })}${warningsHtml(endpoint)}
    <p><a class="button primary" href="${back}">To the endpoint</a></p>`,
})

/** The page after an endpoint was added: its secret, and the next step. */
export function createdView(
  { base, tenant, origin }: TenantVisit,
  endpoint: CreatedEndpoint,
): View {
  const to = `${base}/endpoints/${endpoint.id}`
  const kind = endpointKindOf(endpoint)
  const crumbs = html`<a href="${base}/endpoints">Endpoints</a>`
  return {
    title: "Endpoint added",
    content: html`${heading({ title: "Endpoint added", crumbs })} ${warningsHtml(endpoint)}
    ${isCrm(kind) ? crmHtml(CRMS[kind], to) : keyHtml(endpoint, kind === "pull", to)}
    ${kind === "pull" ? pullHtml(origin, tenant.id, endpoint.id) : ""}`,
  }
}

const crmHtml = (crm: string, to: string): Html =>
  html`<section class="card">
    <header><h2>Test the connection</h2></header>
    <div class="body stack">
      <p>
        The test signs in to ${crm} and reads the settings and fields that logging a call needs. It
        writes nothing.
      </p>
      ${nextHtml(to, "Run the test")}
    </div>
  </section>`

const keyHtml = ({ secret, publicKey }: CreatedEndpoint, isPull: boolean, to: string): Html =>
  html`<section class="card">
    <header><h2>${secret ? "Secret" : "Public key"}</h2></header>
    <div class="body stack">
      <p>
        ${isPull ? "Your program" : "Your server"} verifies each webhook with it:
        <a href="/docs/receiving">how to receive webhooks</a>. It is also shown on the endpoint's
        page.
      </p>
      ${copyable(secret ?? publicKey ?? "", secret ? "Secret" : "Public key", true)}
      ${nextHtml(to, isPull ? undefined : "Send a test webhook")}
    </div>
  </section>`

const nextHtml = (to: string, test: string | undefined): Html =>
  html`<div class="row">
    ${test ? html`<form method="post" action="${to}/test"><button class="primary">${test}</button></form>` : ""}
    <a class="button" href="${to}">To the endpoint</a>
  </div>`
