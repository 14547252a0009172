import { html } from "hono/html"
import type * as v from "valibot"
import type { AuditAnswer } from "../../api/audit.ts"
import { path } from "../client.ts"
import { field } from "../form.ts"
import { empty, exactTime, heading, name, type Html } from "../html.ts"
import { operatorSection, tenantSection } from "../page.ts"
import { pager } from "../pager.ts"
import { problemNote } from "../problem-view.ts"
import type { Key, Page } from "../types.ts"

type Entry = v.InferOutput<typeof AuditAnswer>

const PAGE = "50"

const askedIn = (query: URLSearchParams): string => {
  const asked = new URLSearchParams({ limit: PAGE })
  for (const each of ["target", "cursor"]) {
    const value = query.get(each)?.trim()
    if (value) asked.set(each, value)
  }
  return asked.toString()
}

export const auditPages = [
  tenantSection("audit").show("/audit", async ({ client, tenant, base, query }) => {
    const at = path`/tenants/${tenant.id}`
    const [list, keys] = await Promise.all([
      client.ask<Page<Entry>>("GET", `${at}/audit?${askedIn(query)}`),
      client.get<Page<Key>>(`${at}/keys?limit=250`),
    ])
    const here = `${base}/audit`
    const target = query.get("target")
    const { data: rows, nextCursor } = list.ok ? list.body : { data: [], nextCursor: null }
    const content = html`${heading({
        title: "Audit",
        about: "Who changed what, and when. Entries are kept for 400 days and contain no secrets.",
      })}
      <form class="filters" method="get" action="${here}">
        ${field({
          id: "target",
          label: "Id of the changed object",
          isLong: true,
          control: html`<input
            id="target"
            name="target"
            type="search"
            class="mono"
            value="${target ?? ""}"
            placeholder="ep_…"
          />`,
        })}
        <button>Filter</button>
        ${target ? html`<a class="button" href="${here}">Clear</a>` : ""}
      </form>
      ${list.ok ? "" : problemNote(list.problem)}
      <section class="card">
        ${
          rows.length > 0
            ? rowsHtml(rows, (actor) => actorHtml(actor, keys.data), base)
            : nextCursor !== null
              ? empty(
                  "No change to that id in this part of the log",
                  "The log is read in parts. Older parts can have changes.",
                )
              : empty(
                  "No entries",
                  target
                    ? "No change to that id is recorded."
                    : "Changes to endpoints, PBXes and keys are listed here.",
                )
        }
        ${pager(here, query, nextCursor)}
      </section>`
    return { title: "Audit", content }
  }),
]

export const operatorAuditPages = [
  operatorSection("audit").show("/audit", async ({ client, query }) => {
    const list = await client.get<Page<Entry>>(`/audit?${askedIn(query)}`)
    const content = html`${heading({
        title: "Audit",
        about:
          "Changes by the operator that belong to no existing tenant: deleted tenants, redriven dead letters. A tenant's changes are in its own audit log.",
      })}
      <section class="card">
        ${
          list.data.length === 0
            ? empty("No entries", "Deleted tenants and redriven dead letters are listed here.")
            : html`${rowsHtml(list.data, (actor) => html`${actor}`, undefined)}${pager("/portal/audit", query, list.nextCursor)}`
        }
      </section>`
    return { title: "Audit", content }
  }),
]

function actorHtml(actor: string, keys: Key[]): Html {
  if (actor === "operator") return html`The operator`
  if (actor.startsWith("ses_")) return html`A portal link of the operator`
  const key = keys.find(({ id }) => id === actor)
  return key ? name(key.name) : html`<span class="dim">a deleted key</span>`
}

const rowsHtml = (entries: Entry[], who: (actor: string) => Html, base: string | undefined): Html =>
  html`<table class="list">
    <thead>
      <tr>
        <th>Change</th>
        <th>By</th>
        <th>Object</th>
        <th>When</th>
      </tr>
    </thead>
    <tbody>
      ${entries.map(
        (entry) =>
          html`<tr>
            <td class="wide"><strong>${wordsOf(entry.action)}</strong>${changesHtml(entry)}</td>
            <td><span class="clip" title="${entry.actor}">${who(entry.actor)}</span></td>
            <td class="below with-id">${targetHtml(entry.target, base)}</td>
            <td class="when">${exactTime(entry.at)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`

/** `rotateEndpointSecret` as "Rotate endpoint secret". */
const wordsOf = (operation: string): string => {
  const words = operation.replaceAll(/([A-Z])/g, " $1").toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

// What is made has all its fields, which are no news.
const MAX_FIELDS = 4

const fieldsOf = (fields: string[]): string =>
  fields.length > MAX_FIELDS
    ? `${fields.slice(0, MAX_FIELDS - 1).join(", ")} and ${fields.length - MAX_FIELDS + 1} more`
    : fields.join(", ")

function changesHtml({ changes, at }: Entry): Html {
  const all = Object.entries(changes)
  if (all.length === 0) return html``
  return html`<details class="more small">
    <summary>${fieldsOf(all.map(([each]) => each))}</summary>
    <pre tabindex="0" role="region" aria-label="Requested changes at ${at}">
${JSON.stringify(changes, null, 2)}</pre>
  </details>`
}

const places: Record<string, string> = {
  ep: "endpoints",
  src: "sources",
  evt: "events",
  dlv: "deliveries",
}

function targetHtml(target: string | null, base: string | undefined): Html {
  if (target === null) return html``
  const place = places[target.split("_")[0]!]
  return base !== undefined && place !== undefined
    ? html`<a class="mono small" href="${base}/${place}/${target}">${target}</a>`
    : html`<code class="small">${target}</code>`
}
