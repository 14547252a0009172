import { html } from "hono/html"
import { path, type Problem } from "../client.ts"
import { confirm, described, field, onceOnly } from "../form.ts"
import { empty, heading, name, note, nothing, time, type Html } from "../html.ts"
import { doneIn, operatorSection, type View, type Visit } from "../page.ts"
import { pager } from "../pager.ts"
import { errorOf, problemNote } from "../problem-view.ts"
import { linkBody, linkFields, linkNote, type PortalLink } from "./portal-link.ts"
import type { Page, Tenant } from "../types.ts"

const PAGE = "50"

const page = operatorSection("tenants")

export const tenantPages = [
  page.show("/tenants", (visit) => {
    const done = doneIn(visit.query, {
      deleted: "The tenant is deleted. What is its own goes in the background.",
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
  const error = errorOf(problem, "name")
  const content = html`${heading({
      title: "Tenants",
      about: "The customers of the call centre. Each has endpoints, PBXes and keys of its own.",
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
          ? empty(
              "No tenant yet",
              "Add the first customer, then send its people a link into their portal.",
            )
          : html`${rowsHtml(list.data)}${pager("/portal/tenants", query, list.nextCursor)}`
      }
    </section>`
  return { title: "Tenants", content, status: problem?.status ?? 200 }
}

const rowsHtml = (tenants: Tenant[]): Html =>
  html`<table class="list">
    <thead>
      <tr>
        <th>Tenant</th>
        <th>Id</th>
        <th>Created</th>
        <th><span class="visually-hidden">Actions</span></th>
      </tr>
    </thead>
    <tbody>
      ${tenants.map(
        (tenant) =>
          html`<tr>
            <td class="wide">
              <a class="clip" href="/portal/${tenant.id}">${name(tenant.name)}</a>
            </td>
            <td><code class="dim small">${tenant.id}</code></td>
            <td data-label="created">${time(tenant.createdAt)}</td>
            <td class="num"><div class="row end">${linkHtml(tenant)}${deletion(tenant)}</div></td>
          </tr>`,
      )}
    </tbody>
  </table>`

const linkHtml = (tenant: Tenant): Html =>
  confirm({
    word: "Portal link…",
    question: html`A link that opens the portal of <strong>${name(tenant.name)}</strong>, once.`,
    action: `/portal/tenants/${tenant.id}/link`,
    yes: "Make the link",
    isDanger: false,
    fields: linkFields(tenant.id),
  })

const deletion = (tenant: Tenant): Html =>
  confirm({
    word: "Delete…",
    question: html`Delete <strong>${name(tenant.name)}</strong> and all that is its own? Its keys
      stop to work at once. This cannot be undone.`,
    action: `/portal/tenants/${tenant.id}/delete`,
    yes: "Delete for good",
  })
