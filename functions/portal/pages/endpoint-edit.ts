import { html } from "hono/html"
import { path, Refused, type Client, type Problem } from "../client.ts"
import { heading, type Html } from "../html.ts"
import { tenantSection, type TenantVisit, type View } from "../page.ts"
import type { CreatedEndpoint, Endpoint, EventType, Page, Source } from "../types.ts"
import { changesOf, readFields, readSigning } from "./endpoint-fields.ts"
import { endpointForm } from "./endpoint-form.ts"
import { freshValues, valuesAgain, valuesOf, type FormValues } from "./endpoint-form-values.ts"
import {
  exampleIn,
  kindIn,
  endpointKindOf,
  pickerHtml,
  titleOf,
  type Kind,
} from "./endpoint-kinds.ts"
import { endpointName } from "./endpoint-name.ts"
import { askPreview, recentEvents, type Tried } from "./endpoint-preview.ts"
import { createdView, warningsView } from "./endpoint-saved.ts"

const page = tenantSection("endpoints")

type Shown = {
  kind: Kind
  values: FormValues
  endpoint?: Endpoint
  etag?: string | null
  problem?: Problem
  status?: number
  tried?: Omit<Tried, "recent">
}

/** The page with the form of a new endpoint or of an existing one. */
async function formView(visit: TenantVisit, shown: Shown): Promise<View> {
  const { client, tenant, base } = visit
  const { kind, endpoint, status = 200, tried = { asked: null }, ...rest } = shown
  const at = path`/tenants/${tenant.id}`
  const back = endpoint ? `${base}/endpoints/${endpoint.id}` : `${base}/endpoints`
  const [choices, recent] = await Promise.all([
    choicesFor(client, at),
    recentEvents(client, at, kind),
  ])
  const form = endpointForm({
    ...rest,
    ...choices,
    ...(endpoint && { endpoint }),
    kind,
    action: endpoint ? `${back}/edit` : `${back}/new`,
    previewAt: `${back}/preview`,
    cancel: back,
    submit: endpoint ? "Save" : "Add endpoint",
    tried: { recent, ...tried },
  })
  const title = endpoint ? "Edit" : titleOf(kind)
  const crumbs = endpoint
    ? html`${crumbsOf(base)} / <a href="${back}">${endpointName(endpoint)}</a>`
    : html`${crumbsOf(base)} / <a href="${base}/endpoints/new">Add an endpoint</a>`
  return {
    title,
    status,
    content: html`${heading({ title, crumbs })}
      <section class="card"><div class="body">${form}</div></section>`,
  }
}

async function choicesFor(client: Client, at: string) {
  const [eventTypes, sources] = await Promise.all([
    client.get<Page<EventType>>("/event-types?limit=250"),
    client.get<Page<Source>>(`${at}/sources?limit=250`),
  ])
  return { eventTypes: eventTypes.data, sources: sources.data }
}

const crumbsOf = (base: string): Html => html`<a href="${base}/endpoints">Endpoints</a>`

const pathOf = ({ tenant, params }: TenantVisit) =>
  path`/tenants/${tenant.id}/endpoints/${params["endpointId"] ?? ""}`

const sentKind = (form: URLSearchParams): Kind => kindIn(form.get("kind")) ?? "webhook"

/** The form again, with a preview of the requests for an event. */
async function previewed(visit: TenantVisit, kind: Kind, endpoint?: Endpoint): Promise<View> {
  const { client, tenant, form } = visit
  const fields = readFields(form, kind)
  const asked = form.get("event")
  const preview = await askPreview(client, path`/tenants/${tenant.id}`, fields, asked)
  const { answered } = preview
  return formView(visit, {
    kind,
    values: valuesAgain({ ...fields, ...readSigning(form) }, kind),
    ...(endpoint && { endpoint }),
    etag: form.get("etag"),
    ...(!answered.ok && { problem: answered.problem }),
    tried: { asked, preview },
  })
}

export const endpointFormPages = [
  page.show("/endpoints/new", async (visit) => {
    const { base, query, mayChange } = visit
    if (!mayChange) return { to: `${base}/endpoints` }
    const events = query.getAll("events")
    const kind = kindIn(query.get("kind"))
    if (kind === undefined) return { title: "Add an endpoint", content: pickerHtml(base, events) }
    const values = {
      ...freshValues,
      eventTypes: events.length > 0 ? events : null,
      transform: exampleIn(query.get("example")),
    }
    return formView(visit, { kind, values })
  }),
  page.act("/endpoints/new", async (visit) => {
    const { client, tenant, form } = visit
    const kind = sentKind(form)
    const fields = { ...readFields(form, kind), ...readSigning(form) }
    const body = { ...fields, ...(kind === "pull" && { pull: true }) }
    const made = await client.ask<CreatedEndpoint>("POST", path`/tenants/${tenant.id}/endpoints`, {
      body,
      idempotencyKey: form.get("once") ?? undefined,
    })
    if (made.ok) return createdView(visit, made.body)
    const { problem, status } = made
    return formView(visit, { kind, values: valuesAgain(fields, kind), problem, status })
  }),
  page.act("/endpoints/preview", (visit) => previewed(visit, sentKind(visit.form))),
  page.show("/endpoints/:endpointId/edit", async (visit) => {
    const found = await visit.client.ask<Endpoint>("GET", pathOf(visit))
    if (!found.ok) throw new Refused(found.problem)
    const { body: endpoint, etag } = found
    if (!visit.mayChange) return { to: `${visit.base}/endpoints/${endpoint.id}` }
    return formView(visit, {
      kind: endpointKindOf(endpoint),
      values: valuesOf(endpoint),
      endpoint,
      etag,
    })
  }),
  page.act("/endpoints/:endpointId/edit", async (visit) => {
    const { client, base, form } = visit
    const endpoint = await client.get<Endpoint>(pathOf(visit))
    const back = `${base}/endpoints/${endpoint.id}`
    const kind = endpointKindOf(endpoint)
    const fields = readFields(form, kind)
    const body = changesOf(endpoint, fields)
    if (Object.keys(body).length === 0) return { to: back }
    const etag = form.get("etag")
    const changed = await client.ask<Endpoint>("PATCH", pathOf(visit), {
      body,
      ifMatch: etag ?? undefined,
    })
    if (changed.ok && !changed.body.warnings) return { to: `${back}?done=saved` }
    if (changed.ok) return warningsView(back, changed.body)
    const { problem, status } = changed
    return formView(visit, {
      kind,
      values: valuesAgain(fields, kind),
      endpoint,
      etag,
      problem,
      status,
    })
  }),
  page.act("/endpoints/:endpointId/preview", async (visit) => {
    const endpoint = await visit.client.get<Endpoint>(pathOf(visit))
    return previewed(visit, endpointKindOf(endpoint), endpoint)
  }),
]
