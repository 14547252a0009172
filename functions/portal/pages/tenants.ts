import { html } from "hono/html"
import { sumOf } from "../charts.ts"
import { path, type Client, type Problem } from "../client.ts"
import { confirm, described, field, onceOnly } from "../form.ts"
import { empty, heading, name, note, nothing, number, time, type Html } from "../html.ts"
import { doneIn, operatorSection, type View, type Visit } from "../page.ts"
import { pager } from "../pager.ts"
import { errorOf, problemNote } from "../problem-view.ts"
import { linkBody, linkFields, linkNote, type PortalLink } from "./portal-link.ts"
import { status } from "../status.ts"
import type { Page, Source, Tenant, TenantStats } from "../types.ts"

const PAGE = "20"

const page = operatorSection("tenants")

export const tenantPages = [
  page.show("/tenants", (visit) => {
    const done = doneIn(visit.query, {
      deleted: "The tenant is deleted. Its data is removed in the background.",
    })
    return tenantsView(visit, done ? note("ok", done) : nothing)
  }),
  page.act("/tenants", async (visit) => {
    const made = await visit.client.ask<Tenant>("POST", "/tenants", {
      body: { name: visit.form.get("name") ?? "" },
      idempotencyKey: visit.form.get("once") ?? undefined,
    })
    if (!made.ok) return tenantsView(visit, problemNote(made.problem, ["name"]), made.problem)
    return { to: `/portal/${made.body.id}` }
  }),
  page.act("/tenants/:id/link", async (visit) => {
    const { client, params, form } = visit
    const at = path`/tenants/${params["id"] ?? ""}`
    const tenant = await client.get<Tenant>(at)
    const made = await client.ask<PortalLink>("POST", `${at}/portal-links`, {
      body: linkBody(form),
    })
    if (!made.ok) return tenantsView(visit, problemNote(made.problem), made.problem)
    return tenantsView(visit, linkNote(made.body, tenant))
  }),
  page.act("/tenants/:id/delete", async (visit) => {
    const answered = await visit.client.ask("DELETE", path`/tenants/${visit.params["id"] ?? ""}`)
    if (!answered.ok) return tenantsView(visit, problemNote(answered.problem), answered.problem)
    return { to: "/portal/tenants?done=deleted" }
  }),
]

async function tenantsView(visit: Visit, outcome: Html, problem?: Problem): Promise<View> {
  const { client, query } = visit
  const cursor = query.get("cursor")
  const at = path`/tenants?limit=${PAGE}`
  const list = await client.get<Page<Tenant>>(
    cursor === null ? at : `${at}${path`&cursor=${cursor}`}`,
  )
  const rows = await Promise.all(
    list.data.map(async (tenant) => ({ tenant, ...(await stateOf(client, tenant)) })),
  )
  const error = errorOf(problem, "name")
  const content = html`${heading({
      title: "Tenants",
      about: "Customers of the call centre. Each has its own endpoints, PBXes and keys.",
    })}
    ${outcome}
    <section class="card">
      <header><h2>Add a tenant</h2></header>
      <div class="body">
        <form class="filters" method="post" action="/portal/tenants">
          ${onceOnly()}
          ${field({
            id: "name",
            label: "Name",
            control: html`<input
              id="name"
              name="name"
              type="text"
              dir="auto"
              required
              maxlength="200"
              placeholder="Acme Collections"
              ${described("name", error, false)}
            />`,
            error,
          })}
          <button class="primary">Add</button>
        </form>
      </div>
    </section>
    <section class="card">
      ${
        list.data.length === 0
          ? empty("No tenant yet", "Add the first customer, then send its users a portal link.")
          : html`${rowsHtml(rows)}${pager("/portal/tenants", query, list.nextCursor)}`
      }
    </section>`
  return { title: "Tenants", content, status: problem?.status ?? 200 }
}

type State = { stats: TenantStats; sources: Source[] }
type Row = State & { tenant: Tenant }

async function stateOf(client: Client, { id }: Tenant): Promise<State> {
  const at = path`/tenants/${id}`
  const [stats, sources] = await Promise.all([
    client.get<TenantStats>(`${at}/stats`),
    client.get<Page<Source>>(`${at}/sources?limit=200`),
  ])
  return { stats, sources: sources.data }
}

const rowsHtml = (rows: Row[]): Html =>
  html`<table class="list">
    <thead>
      <tr>
        <th>Tenant</th>
        <th>State</th>
        <th class="num">Last hour</th>
        <th class="num">Not delivered</th>
        <th>Created</th>
        <th><span class="visually-hidden">Actions</span></th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ({ tenant, stats, sources }) =>
          html`<tr>
            <td class="wide with-id">
              <a class="clip" href="/portal/${tenant.id}">${name(tenant.name)}</a>
              <code class="dim small">${tenant.id}</code>
            </td>
            <td>${tenantStatus(stats, sources)}</td>
            <td class="num" data-label="last hour">
              ${stats.isEstimate ? "≈ " : ""}${number(sumOf(stats.counts))}
            </td>
            <td class="num" data-label="not delivered">
              ${number(stats.counts.failed + stats.counts.held)}
            </td>
            <td data-label="created">${time(tenant.createdAt)}</td>
            <td class="num">
              <div class="row end beside">${linkHtml(tenant)}${deletion(tenant)}</div>
            </td>
          </tr>`,
      )}
    </tbody>
  </table>`

/** A tenant's problems, the most serious first, or that there are none. */
function tenantStatus({ failing, disabled }: TenantStats, sources: Source[]): Html {
  const quiet = sources.filter((each) => each.status === "silent" || each.status === "disconnected")
  const problems = [
    ...(failing.length > 0 ? [status("bad", "cross", `${failing.length} failing`)] : []),
    ...(quiet.length > 0
      ? [status("warn", "triangle", `${quiet.length} PBX${quiet.length > 1 ? "es" : ""} silent`)]
      : []),
    ...(disabled.length > 0 ? [status("held", "pause", `${disabled.length} disabled`)] : []),
  ]
  return problems.length > 0
    ? html`<div class="statuses">${problems}</div>`
    : status("ok", "check", "OK")
}

const linkHtml = (tenant: Tenant): Html =>
  confirm({
    word: "Portal link…",
    question: html`Create a link that opens the portal of
      <strong>${name(tenant.name)}</strong> once?`,
    action: `/portal/tenants/${tenant.id}/link`,
    yes: "Create the link",
    isDanger: false,
    fields: linkFields(tenant.id),
  })

const deletion = (tenant: Tenant): Html =>
  confirm({
    word: "Delete…",
    question: html`Delete <strong>${name(tenant.name)}</strong> and all its data? Its keys stop
      working immediately. This cannot be undone.`,
    action: `/portal/tenants/${tenant.id}/delete`,
    yes: "Delete permanently",
  })
