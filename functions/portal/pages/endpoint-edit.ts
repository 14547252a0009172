import { html } from "hono/html"
import { path, Refused, type Client } from "../client.ts"
import { copyable, heading, note, type Html } from "../html.ts"
import { tenantSection, type TenantVisit, type View } from "../page.ts"
import type { CreatedEndpoint, Endpoint, EventType, Page, Source } from "../types.ts"
import { changesOf, readFields } from "./endpoint-fields.ts"
import { endpointForm, type FormValues } from "./endpoint-form.ts"
import { endpointName } from "./endpoint-name.ts"

const fresh: FormValues = {
  url: "",
  description: null,
  eventTypes: null,
  sources: null,
  filter: null,
  rateLimit: null,
  headers: {},
  metadata: {},
}

const page = tenantSection("endpoints")

async function choicesFor(client: Client, at: string) {
  const [eventTypes, sources] = await Promise.all([
    client.get<Page<EventType>>("/event-types?limit=250"),
    client.get<Page<Source>>(`${at}/sources?limit=200`),
  ])
  return { eventTypes: eventTypes.data, sources: sources.data }
}

const formPage = (title: string, crumbs: Html, form: Html, status = 200): View => ({
  title,
  status,
  content: html`${heading({ title, crumbs })}
    <section class="card"><div class="body">${form}</div></section>`,
})

const crumbsOf = (base: string) => html`<a href="${base}/endpoints">Endpoints</a>`

export const endpointFormPages = [
  page.show("/endpoints/new", async ({ client, tenant, base, mayChange }) => {
    if (!mayChange) return { to: `${base}/endpoints` }
    const choices = await choicesFor(client, path`/tenants/${tenant.id}`)
    const form = { action: `${base}/endpoints/new`, cancel: `${base}/endpoints` }
    const shown = endpointForm({
      ...form,
      ...choices,
      submit: "Add endpoint",
      values: fresh,
      isNew: true,
    })
    return formPage("Add an endpoint", crumbsOf(base), shown)
  }),
  page.act("/endpoints/new", async (visit) => {
    const { client, tenant, base, form } = visit
    const at = path`/tenants/${tenant.id}`
    const fields = readFields(form)
    const secret = form.get("secret")?.trim()
    const body = { ...fields, signing: form.get("signing") ?? "hmac", ...(secret && { secret }) }
    const made = await client.ask<CreatedEndpoint>("POST", `${at}/endpoints`, {
      body,
      idempotencyKey: form.get("once") ?? undefined,
    })
    if (made.ok) return createdView(visit, made.body)
    const choices = await choicesFor(client, at)
    const again = {
      action: `${base}/endpoints/new`,
      cancel: `${base}/endpoints`,
      submit: "Add endpoint",
    }
    const values = fields as FormValues
    const shown = endpointForm({ ...again, ...choices, values, problem: made.problem, isNew: true })
    return formPage("Add an endpoint", crumbsOf(base), shown, made.status)
  }),
  page.show("/endpoints/:endpointId/edit", async ({ client, tenant, base, params, mayChange }) => {
    const at = path`/tenants/${tenant.id}`
    const to = `${at}${path`/endpoints/${params["endpointId"] ?? ""}`}`
    const found = await client.ask<Endpoint>("GET", to)
    if (!found.ok) throw new Refused(found.problem)
    if (!mayChange) return { to: `${base}/endpoints/${found.body.id}` }
    const endpoint = found.body
    const back = `${base}/endpoints/${endpoint.id}`
    const shown = endpointForm({
      action: `${back}/edit`,
      cancel: back,
      submit: "Save",
      values: endpoint,
      ...(await choicesFor(client, at)),
      etag: found.etag,
      isNew: false,
    })
    return formPage(
      "Edit",
      html`${crumbsOf(base)} / <a href="${back}">${endpointName(endpoint)}</a>`,
      shown,
    )
  }),
  page.act("/endpoints/:endpointId/edit", async ({ client, tenant, base, params, form }) => {
    const at = path`/tenants/${tenant.id}`
    const to = `${at}${path`/endpoints/${params["endpointId"] ?? ""}`}`
    const endpoint = await client.get<Endpoint>(to)
    const back = `${base}/endpoints/${endpoint.id}`
    const fields = readFields(form)
    const body = changesOf(endpoint, fields)
    if (Object.keys(body).length === 0) return { to: back }
    const etag = form.get("etag")
    const changed = await client.ask<Endpoint>("PATCH", to, { body, ifMatch: etag ?? undefined })
    if (changed.ok && !changed.body.warnings) return { to: `${back}?done=saved` }
    if (changed.ok) return warningsView(back, changed.body)
    const shown = endpointForm({
      action: `${back}/edit`,
      cancel: back,
      submit: "Save",
      values: fields as FormValues,
      ...(await choicesFor(client, at)),
      problem: changed.problem,
      etag,
      isNew: false,
    })
    return formPage(
      "Edit",
      html`${crumbsOf(base)} / <a href="${back}">${endpointName(endpoint)}</a>`,
      shown,
      changed.status,
    )
  }),
]

const warningsHtml = ({ warnings = [] }: Pick<Endpoint, "warnings">): Html =>
  warnings.length === 0
    ? html``
    : note(
        "warn",
        html`<p><strong>Taken, and perhaps not meant:</strong></p>
          <ul>
            ${warnings.map((each) => html`<li><code>${each.path}</code> ${each.message}</li>`)}
          </ul>`,
      )

const warningsView = (back: string, endpoint: Endpoint): View => ({
  title: "Saved",
  content: html`${heading({ title: "Saved" })}${warningsHtml(endpoint)}
    <p><a class="button primary" href="${back}">To the endpoint</a></p>`,
})

function createdView({ base }: TenantVisit, endpoint: CreatedEndpoint): View {
  const to = `${base}/endpoints/${endpoint.id}`
  const key = endpoint.secret ?? endpoint.publicKey ?? ""
  return {
    title: "Endpoint added",
    content: html`${heading({ title: "Endpoint added", crumbs: crumbsOf(base) })}
      ${warningsHtml(endpoint)}
      <section class="card">
        <header><h2>${endpoint.secret ? "Its secret" : "Its public key"}</h2></header>
        <div class="body stack">
          <p>
            Your server verifies each webhook with it:
            <a href="/docs/receiving">how to receive webhooks</a>. You find it again on the
            endpoint's page.
          </p>
          ${copyable(key, endpoint.secret ? "Secret" : "Public key", true)}
          <div class="row">
            <form method="post" action="${to}/test">
              <button class="primary">Send a test webhook</button>
            </form>
            <a class="button" href="${to}">To the endpoint</a>
          </div>
        </div>
      </section>`,
  }
}
