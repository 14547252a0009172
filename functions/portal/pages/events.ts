import { html } from "hono/html"
import { path } from "../client.ts"
import { described, field, onceOnly, select, type Option } from "../form.ts"
import {
  exactTime,
  heading,
  json,
  liveMark,
  name,
  note,
  nothing,
  time,
  type Html,
} from "../html.ts"
import { doneIn, tenantSection, type TenantVisit, type View } from "../page.ts"
import { problemNote } from "../problem-view.ts"
import type { Endpoint, Event, EventType, EventWithDeliveries, Page, Source } from "../types.ts"
import { deliveryRows } from "./delivery-rows.ts"
import { endpointText } from "./endpoint-name.ts"
import { logSection } from "./log-section.ts"
import { sinceOf, WITHIN } from "./time-range.ts"

const PAGE = "50"
const FILTERS = ["type", "source", "uuid", "within", "after"]

const page = tenantSection("events")

export const eventPages = [
  page.show("/events", async ({ client, tenant, base, query, now }) => {
    const at = path`/tenants/${tenant.id}`
    const asked = new URLSearchParams({ limit: PAGE })
    for (const each of ["type", "source", "uuid", "cursor"]) {
      const value = query.get(each)?.trim()
      if (value) asked.set(each, value)
    }
    const after = sinceOf(query, now)
    if (after !== undefined) asked.set("after", after)
    const [list, sources, types] = await Promise.all([
      client.ask<Page<Event>>("GET", `${at}/events?${asked}`),
      client.get<Page<Source>>(`${at}/sources?limit=250`),
      client.get<Page<EventType>>("/event-types?limit=250"),
    ])
    const here = `${base}/events`
    const isFiltered = FILTERS.some((each) => query.get(each))
    const content = html`${heading({
        title: "Events",
        about: "All events, including those that no endpoint subscribes to.",
        actions: query.has("cursor") ? nothing : liveMark,
      })}
      <form class="filters" method="get" action="${here}">
        ${field({ id: "type", label: "Event", control: select("type", [["", "Any"], ...types.data.map(({ type }): Option => [type, type])], query.get("type")) })}
        ${field({ id: "source", label: "PBX", control: select("source", [["", "Any"], ...sources.data.map((each): Option => [each.id, each.name.slice(0, 60)])], query.get("source")) })}
        ${field({ id: "uuid", label: "Uuid", control: html`<input id="uuid" name="uuid" type="search" class="mono" value="${query.get("uuid") ?? ""}" />` })}
        ${field({ id: "within", label: "Happened", control: select("within", WITHIN, query.get("within")) })}
        <button>Filter</button>
        ${isFiltered ? html`<a class="button" href="${here}">Clear</a>` : ""}
      </form>
      ${logSection({
        list,
        isFiltered,
        here,
        base,
        query,
        after,
        rows: (rows) => rowsHtml(base, rows, sources.data),
        words: {
          unmatched: "No event matches all filters.",
          title: "No event yet",
          start:
            "Events come from your PBXes. Connect a PBX, or send an example from the page of one.",
        },
      })}`
    return { title: "Events", content }
  }),
  page.show("/events/:eventId", (visit) => {
    const count = visit.query.get("count") ?? ""
    const isDone = doneIn(visit.query, { replayed: "yes" }) !== undefined && /^\d{1,4}$/.test(count)
    const message =
      count === "0"
        ? note("warn", "No enabled endpoint subscribes to this event, so nothing is sent.")
        : note(
            "ok",
            `Sent again: ${count} ${count === "1" ? "delivery" : "deliveries"}, with the same webhook-id as before.`,
          )
    return eventView(visit, isDone ? message : nothing)
  }),
  page.act("/events/:eventId/replay", async (visit) => {
    const endpointId = visit.form.get("endpointId")
    const answered = await visit.client.ask<{ count: number }>(
      "POST",
      `${eventPath(visit)}/replay`,
      {
        body: endpointId ? { endpointId } : {},
        idempotencyKey: visit.form.get("once") ?? undefined,
      },
    )
    if (!answered.ok) return eventView(visit, problemNote(answered.problem), answered.status)
    const id = visit.params["eventId"] ?? ""
    return { to: `${visit.base}/events/${id}?done=replayed&count=${answered.body.count}` }
  }),
]

const eventPath = ({ tenant, params }: TenantVisit) =>
  path`/tenants/${tenant.id}/events/${params["eventId"] ?? ""}`

/** What an event is about: a name or a number, and its state. */
export function subjectOf({ data }: Pick<Event, "data">): Html {
  const text = (key: string) =>
    typeof data[key] === "string" && data[key] !== "" ? data[key] : undefined
  const who =
    text("name") ??
    text("dialAddr") ??
    text("number") ??
    text("uuid") ??
    text("url") ??
    text("reason")
  const stands = text("outcome") ?? text("statusName")
  const how = stands === "none" ? undefined : stands
  return html`${who === undefined ? "" : name(who)}${how === undefined ? "" : html` <span class="dim">${how}</span>`}`
}

const rowsHtml = (base: string, events: Event[], sources: Source[]): Html =>
  html`<table class="list">
    <thead>
      <tr>
        <th>Event</th>
        <th>About</th>
        <th>PBX</th>
        <th>Happened</th>
      </tr>
    </thead>
    <tbody>
      ${events.map(
        (event) =>
          html`<tr id="${event.id}">
            <td><a href="${base}/events/${event.id}">${event.type}</a>${marks(event)}</td>
            <td class="wide"><span class="pair">${subjectOf(event)}</span></td>
            <td class="dim">
              <span class="clip"
                >${name(sources.find(({ id }) => id === event.source)?.name ?? event.source ?? "–")}</span
              >
            </td>
            <td class="when">${time(event.timestamp)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`

const marks = ({ synthetic, truncated }: Event): Html =>
  html`${synthetic ? html` <span class="tag" title="Inferred from the PBX's lists after a gap">synthetic</span>` : ""}${truncated ? html` <span class="tag" title="Too large: its Variables are left out">truncated</span>` : ""}`

async function eventView(visit: TenantVisit, outcome: Html, status = 200): Promise<View> {
  const { client, tenant, base, mayChange } = visit
  const [event, endpoints] = await Promise.all([
    client.get<EventWithDeliveries>(eventPath(visit)),
    client.get<Page<Endpoint>>(path`/tenants/${tenant.id}/endpoints?limit=${"250"}`),
  ])
  const { headers, deliveries, createdAt, nextCursor: _, ...webhook } = event
  const { uuid } = event.data
  const content = html`${heading({
      title: html`<code>${event.type}</code>`,
      about: html`${subjectOf(event)} · happened ${exactTime(event.timestamp)}, received
      ${time(createdAt)}${marks(event)}`,
      crumbs: html`<a href="${base}/events">Events</a>`,
      actions: liveMark,
    })}
    ${outcome}
    <div id="live">
      <section class="card">
        <header>
          <h2>Deliveries</h2>
          ${typeof uuid === "string" ? html`<a href="${base}/events?uuid=${encodeURIComponent(uuid.toWellFormed())}">All events of this Uuid</a>` : ""}
        </header>
        ${deliveries.length > 0 ? deliveryRows(base, deliveries, endpoints.data) : html`<div class="body dim">No delivery to an endpoint that still exists.</div>`}
      </section>
    </div>
    ${mayChange ? replayHtml(`${base}/events/${event.id}`, endpoints.data) : ""}
    <div class="cards">
      <section class="card">
        <header><h2>Webhook</h2></header>
        <div class="body">${json(webhook, "Webhook body")}</div>
      </section>
      <section class="card">
        <header><h2>As sent by the PBX</h2></header>
        <div class="body">
          ${headers.length === 0 ? html`<p class="dim">Ringback made this event itself, so there are no AMI headers.</p>` : html`<pre tabindex="0" role="region" aria-label="AMI headers">${headers.map(([key, value]) => `${key}: ${value}`).join("\n")}</pre>`}
        </div>
      </section>
    </div>`
  return { title: event.type, content, status }
}

function replayHtml(here: string, endpoints: Endpoint[]): Html {
  const enabled = endpoints.filter(({ disabled }) => !disabled)
  if (enabled.length === 0) return nothing
  return html`<section class="card">
    <header><h2>Replay</h2></header>
    <div class="body stack">
      <form class="filters" method="post" action="${here}/replay">
        ${onceOnly()}
        ${field({
          id: "endpointId",
          label: "Send it again to",
          isLong: true,
          control: html`<select
            id="endpointId"
            name="endpointId"
            ${described("endpointId", undefined, false)}
          >
            <option value="">All endpoints that subscribe to it now</option>
            ${enabled.map((each) => html`<option value="${each.id}">${endpointText(each).slice(0, 60)}</option>`)}
          </select>`,
        })}
        <button>Replay</button>
      </form>
      <p class="dim small">
        The webhook-id stays the same, so your server can recognise an event that it has received.
      </p>
    </div>
  </section>`
}
