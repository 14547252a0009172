import { html } from "hono/html"
import { path } from "../client.ts"
import { described, field, onceOnly } from "../form.ts"
import { empty, heading, liveMark, name, note, seconds, time, type Html } from "../html.ts"
import { doneIn, tenantSection, type TenantVisit, type View } from "../page.ts"
import { pager } from "../pager.ts"
import { errorOf, problemNote } from "../problem-view.ts"
import { sourceStatus } from "../status.ts"
import type { Problem } from "../client.ts"
import type { Page, Source, SourceWithToken } from "../types.ts"
import { setupHtml } from "./source-setup.ts"

const PAGE = "50"

const page = tenantSection("sources")

export const sourcePages = [
  page.show("/sources", async ({ client, tenant, base, query, mayChange }) => {
    const cursor = query.get("cursor")
    const at = path`/tenants/${tenant.id}/sources?limit=${PAGE}`
    const list = await client.get<Page<Source>>(
      cursor === null ? at : `${at}${path`&cursor=${cursor}`}`,
    )
    const add = mayChange
      ? html`<a class="button primary" href="${base}/sources/new">Add a PBX</a>`
      : html``
    const done = doneIn(query, {
      deleted: "The PBX is deleted. Messages that its collectors still send are discarded.",
    })
    const content = html`${heading({
        title: "PBXes",
        about: "Sources of events. A collector near each PBX reads its Asterisk.",
        actions: html`${liveMark}${add}`,
      })}
      ${done ? note("ok", done) : ""}
      <div id="live">
        <section class="card">
          ${
            list.data.length === 0
              ? empty(
                  "No PBX yet",
                  "Add a PBX to get the command that runs its collector, ready to copy.",
                  add,
                )
              : html`${rowsHtml(base, list.data)}${pager(`${base}/sources`, query, list.nextCursor)}`
          }
        </section>
      </div>`
    return { title: "PBXes", content }
  }),
  page.show("/sources/new", ({ base, mayChange }) =>
    mayChange ? formView(base, "") : { to: `${base}/sources` },
  ),
  page.act("/sources/new", async (visit) => {
    const { client, tenant, base, form } = visit
    const text = form.get("name") ?? ""
    const made = await client.ask<SourceWithToken>("POST", path`/tenants/${tenant.id}/sources`, {
      body: { name: text },
      idempotencyKey: form.get("once") ?? undefined,
    })
    if (!made.ok) return formView(base, text, made.problem)
    return tokenView(visit, made.body, "PBX added")
  }),
]

const rowsHtml = (base: string, sources: Source[]): Html =>
  html`<table class="list">
    <thead>
      <tr>
        <th>PBX</th>
        <th>State</th>
        <th>Last heartbeat</th>
        <th>Spool</th>
        <th>Collector</th>
      </tr>
    </thead>
    <tbody>
      ${sources.map(
        (source) =>
          html`<tr>
            <td class="wide">
              <a class="clip" href="${base}/sources/${source.id}">${name(source.name)}</a>
            </td>
            <td>${sourceStatus(source.status)}</td>
            <td data-label="heard">${time(source.lastSeenAt)}</td>
            <td data-label="on its disk">${spoolText(source, "")}</td>
            <td class="dim" data-label="collector">${source.version ?? ""}</td>
          </tr>`,
      )}
    </tbody>
  </table>`

export const spoolText = ({ spoolAgeSeconds }: Source, none: string): string =>
  spoolAgeSeconds === null
    ? none
    : spoolAgeSeconds < 1
      ? "empty"
      : `${seconds(spoolAgeSeconds)} behind`

function formView(base: string, text: string, problem?: Problem): View {
  const error = errorOf(problem, "name")
  return {
    title: "Add a PBX",
    status: problem?.status ?? 200,
    content: html`${heading({ title: "Add a PBX", crumbs: html`<a href="${base}/sources">PBXes</a>` })}
      <section class="card">
        <div class="body">
          <form class="form" method="post" action="${base}/sources/new">
            ${problem ? problemNote(problem, ["name"]) : ""}${onceOnly()}
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
                value="${text}"
                placeholder="pbx-1, Copenhagen"
                ${described("name", error)}
              />`,
              hint: "Shown to your colleagues. The next page has the token and the collector's command.",
              error,
            })}
            <div class="actions">
              <button class="primary">Add PBX</button>
              <a class="button" href="${base}/sources">Cancel</a>
            </div>
          </form>
        </div>
      </section>`,
  }
}

/**
 * The page that shows the token once, with the collector's settings and command that contain it.
 */
export function tokenView(visit: TenantVisit, source: SourceWithToken, title: string): View {
  const { base, ingestUrl, origin } = visit
  const here = `${base}/sources/${source.id}`
  const next = html`<p class="dim">The PBX's page shows it when it arrives.</p>
    <p><a class="button primary" href="${here}">To the PBX</a></p>`
  return {
    title,
    content: html`${heading({
        title,
        crumbs: html`<a href="${base}/sources">PBXes</a> /
          <a href="${here}">${name(source.name)}</a>`,
      })}
      ${note("warn", "The token below is shown only now. Copy it, or the command that contains it, before you leave this page.")}
      <section class="card">
        <div class="body">${setupHtml({ token: source.token, ingestUrl, origin }, next)}</div>
      </section>`,
  }
}
