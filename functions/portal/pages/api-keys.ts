import { html } from "hono/html"
import { path, type Problem } from "../client.ts"
import { confirm, described, field, onceOnly, select } from "../form.ts"
import { copyable, empty, heading, name, note, nothing, time, type Html } from "../html.ts"
import { doneIn, tenantSection, type TenantVisit, type View } from "../page.ts"
import { pager } from "../pager.ts"
import { linkBody, linkFields, linkNote, type PortalLink } from "./portal-link.ts"
import { errorOf, problemNote } from "../problem-view.ts"
import type { CreatedKey, Key, Page } from "../types.ts"

const PAGE = "50"
const DAY_MS = 24 * 3600 * 1000

const page = tenantSection("keys")

export const keyPages = [
  page.show("/keys", (visit) => {
    const done = doneIn(visit.query, {
      revoked: "The key is revoked. Requests with it are refused from now on.",
    })
    return keysView(visit, done ? note("ok", done) : nothing)
  }),
  page.act("/keys", async (visit) => {
    const { client, tenant, form, now } = visit
    const days = Number(form.get("days"))
    const from = shownAt(form, now)
    const made = await client.ask<CreatedKey>("POST", path`/tenants/${tenant.id}/keys`, {
      body: {
        name: form.get("name") ?? "",
        scope: form.get("scope") ?? "full",
        expiresAt: days > 0 && days < 10_000 ? new Date(from + days * DAY_MS).toISOString() : null,
      },
      idempotencyKey: form.get("once") ?? undefined,
    })
    if (!made.ok) return keysView(visit, problemNote(made.problem, ["name"]), made.problem)
    return keysView(
      visit,
      note(
        "ok",
        html`<p>
            <strong>The key ${name(made.body.name)}.</strong> It is shown only now: Ringback stores
            a hash of it.
          </p>
          ${copyable(made.body.key, "Key", true)}`,
      ),
    )
  }),
  page.act("/keys/link", async (visit) => {
    const { client, tenant, form } = visit
    const made = await client.ask<PortalLink>("POST", path`/tenants/${tenant.id}/portal-links`, {
      body: linkBody(form),
    })
    if (!made.ok) return keysView(visit, problemNote(made.problem), made.problem)
    return keysView(visit, linkNote(made.body, tenant))
  }),
  page.act("/keys/:keyId/revoke", async (visit) => {
    const { client, tenant, params, base } = visit
    const answered = await client.ask(
      "DELETE",
      path`/tenants/${tenant.id}/keys/${params["keyId"] ?? ""}`,
    )
    if (!answered.ok) return keysView(visit, problemNote(answered.problem), answered.problem)
    return { to: `${base}/keys?done=revoked` }
  }),
]

/**
 * When the form was shown, which counts if it is sent twice: a repeated request must be the same.
 * `now` if that is long ago.
 */
function shownAt(form: URLSearchParams, now: number): number {
  const at = Date.parse(form.get("at") ?? "")
  return at <= now && at > now - DAY_MS ? at : now
}

async function keysView(visit: TenantVisit, outcome: Html, problem?: Problem): Promise<View> {
  const { client, tenant, base, query, mayChange } = visit
  const cursor = query.get("cursor")
  const at = path`/tenants/${tenant.id}/keys?limit=${PAGE}`
  const list = await client.get<Page<Key>>(cursor === null ? at : `${at}${path`&cursor=${cursor}`}`)
  const content = html`${heading({
      title: "API keys",
      about: html`For your own programs, and for signing in here. <a href="/docs">The API</a>`,
    })}
    ${outcome}
    ${mayChange ? html`<div class="cards">${createHtml(base, visit.now, errorOf(problem, "name"))}${invitationHtml(base)}</div>` : ""}
    <section class="card">
      ${
        list.data.length === 0
          ? empty(
              "No key yet",
              "Your programs use the API with a key. For a dashboard, a read-only key is enough.",
            )
          : html`${rowsHtml(visit, list.data)}${pager(`${base}/keys`, query, list.nextCursor)}`
      }
    </section>`
  return { title: "API keys", content, status: problem?.status ?? 200 }
}

const createHtml = (base: string, now: number, error: string | undefined): Html =>
  html`<section class="card">
    <header><h2>Create a key</h2></header>
    <div class="body">
      <form class="filters" method="post" action="${base}/keys">
        ${onceOnly()}
        <input type="hidden" name="at" value="${new Date(now).toISOString()}" />
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
            placeholder="crm, production"
            ${described("name", error, false)}
          />`,
          error,
        })}
        ${field({
          id: "scope",
          label: "Access",
          control: select(
            "scope",
            [
              ["full", "Full"],
              ["read", "Read-only, without secrets"],
            ],
            "full",
          ),
        })}
        ${field({
          id: "days",
          label: "Expires",
          control: select(
            "days",
            [
              ["", "Never"],
              ["30", "In 30 days"],
              ["90", "In 90 days"],
              ["365", "In 1 year"],
            ],
            "",
          ),
        })}
        <button class="primary">Create</button>
      </form>
    </div>
  </section>`

const invitationHtml = (base: string): Html =>
  html`<section class="card">
    <header><h2>Invite a colleague</h2></header>
    <div class="body stack">
      <p class="dim">
        Create a link that opens this portal once. It ends with the key that you signed in with.
      </p>
      <form class="filters" method="post" action="${base}/keys/link">
        ${linkFields("colleague")}
        <button>Create a link</button>
      </form>
    </div>
  </section>`

const rowsHtml = ({ base, mayChange, caller, now }: TenantVisit, keys: Key[]): Html =>
  html`<table class="list">
    <thead>
      <tr>
        <th>Name</th>
        <th>Access</th>
        <th>Last used</th>
        <th>Expires</th>
        <th>Created</th>
        ${mayChange ? html`<th><span class="visually-hidden">Revoke</span></th>` : ""}
      </tr>
    </thead>
    <tbody>
      ${keys.map(
        (key) =>
          html`<tr>
            <td class="wide">
              <strong class="clip">${name(key.name)}</strong
              >${key.id === caller.id ? html`<span class="dim small">You are signed in with it</span>` : ""}
            </td>
            <td>${key.scope === "read" ? "Read-only" : "Full"}</td>
            <td data-label="used">${time(key.lastUsedAt)}</td>
            <td data-label="expires">
              ${key.expiresAt !== null && Date.parse(key.expiresAt) <= now ? html`<strong>expired</strong> ` : ""}${time(key.expiresAt)}
            </td>
            <td data-label="created">${time(key.createdAt)}</td>
            ${mayChange ? html`<td class="num">${revocation(base, key, key.id === caller.id)}</td>` : ""}
          </tr>`,
      )}
    </tbody>
  </table>`

const revocation = (base: string, key: Key, isOwn: boolean): Html =>
  confirm({
    word: "Revoke…",
    question: html`Revoke <strong>${name(key.name)}</strong>? Programs that use it are refused
      immediately. Users who signed in with it or its links are signed
      out${isOwn ? ", including you" : ""}.`,
    action: `${base}/keys/${key.id}/revoke`,
    yes: "Revoke permanently",
  })
