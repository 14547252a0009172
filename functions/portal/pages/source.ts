import { html } from "hono/html"
import { path } from "../client.ts"
import { confirm, field, onceOnly, select, type Option } from "../form.ts"
import { heading, liveMark, name, note, nothing, time, type Html } from "../html.ts"
import { doneIn, tenantSection, type TenantVisit, type View } from "../page.ts"
import { problemNote } from "../problem-view.ts"
import { sourceStatus } from "../status.ts"
import type { EventType, Page, Source, SourceWithToken } from "../types.ts"
import { setupHtml } from "./source-setup.ts"
import { spoolText, tokenView } from "./sources.ts"

const page = tenantSection("sources")

const sourcePath = ({ tenant, params }: TenantVisit) =>
  path`/tenants/${tenant.id}/sources/${params["sourceId"] ?? ""}`

export const sourceActions = [
  page.show("/sources/:sourceId", (visit) => {
    const done = doneIn(visit.query, { renamed: "Renamed." })
    return sourceView(visit, done ? note("ok", done) : nothing)
  }),
  page.act("/sources/:sourceId/rename", async (visit) => {
    const answered = await visit.client.ask("PATCH", sourcePath(visit), {
      body: { name: visit.form.get("name") ?? "" },
    })
    if (!answered.ok) return sourceView(visit, problemNote(answered.problem), answered.status)
    return { to: `${visit.base}/sources/${visit.params["sourceId"] ?? ""}?done=renamed` }
  }),
  page.act("/sources/:sourceId/rotate", async (visit) => {
    const overlapSeconds = Number(visit.form.get("overlap") ?? "1209600")
    const answered = await visit.client.ask<SourceWithToken>(
      "POST",
      `${sourcePath(visit)}/rotate`,
      {
        body: { overlapSeconds },
        idempotencyKey: visit.form.get("once") ?? undefined,
      },
    )
    if (!answered.ok) return sourceView(visit, problemNote(answered.problem), answered.status)
    return tokenView(visit, answered.body, "New token")
  }),
  page.act("/sources/:sourceId/test", async (visit) => {
    const eventType = visit.form.get("eventType") ?? ""
    const at = `${sourcePath(visit)}/test`
    const answered = await visit.client.ask<{ eventId: string }>("POST", at, {
      body: { eventType },
    })
    if (!answered.ok) return sourceView(visit, problemNote(answered.problem), answered.status)
    const to = `${visit.base}/events/${answered.body.eventId}`
    return sourceView(
      visit,
      note(
        "ok",
        html`<p>
          <strong>The example was sent</strong> through the whole pipeline to all endpoints that
          subscribe to it. <a href="${to}">See the event</a> in a second or two.
        </p>`,
      ),
    )
  }),
  page.act("/sources/:sourceId/delete", async (visit) => {
    const answered = await visit.client.ask("DELETE", sourcePath(visit))
    if (!answered.ok) return sourceView(visit, problemNote(answered.problem), answered.status)
    return { to: `${visit.base}/sources?done=deleted` }
  }),
]

async function sourceView(visit: TenantVisit, outcome: Html, status = 200): Promise<View> {
  const { client, base, mayChange, ingestUrl, origin } = visit
  const [source, types] = await Promise.all([
    client.get<Source>(sourcePath(visit)),
    client.get<Page<EventType>>("/event-types?limit=250"),
  ])
  const here = `${base}/sources/${source.id}`
  const isNew = source.status === "new"
  const setup = setupHtml(
    { token: undefined, ingestUrl, origin },
    html`<p class="dim">This page updates by itself.</p>`,
  )
  const content = html`${heading({
      title: name(source.name),
      crumbs: html`<a href="${base}/sources">PBXes</a>`,
      actions: html`${liveMark}${mayChange ? actionsHtml(here, source) : ""}`,
    })}
    <div id="outcome" aria-live="polite">${outcome}</div>
    <div id="live">
      ${stateHtml(source)}
      <section class="card">
        <div class="body">
          <dl class="facts">
            <dt>State</dt>
            <dd>${sourceStatus(source.status)}</dd>
            <dt>Last heartbeat</dt>
            <dd>${time(source.lastSeenAt)}</dd>
            <dt>Spool</dt>
            <dd>${spoolText(source, "–")}</dd>
            <dt>Collector</dt>
            <dd>${source.version ?? html`<span class="dim">none yet</span>`}</dd>
            <dt>Id</dt>
            <dd><code>${source.id}</code></dd>
            <dt>Added</dt>
            <dd>${time(source.createdAt)}</dd>
          </dl>
        </div>
      </section>
    </div>
    ${mayChange ? testHtml(here, types.data) : ""}
    <section class="card">
      <div class="body">
        <details class="more" ${isNew ? html`open` : ""}>
          <summary>How to connect a collector</summary>
          ${setup}
        </details>
      </div>
    </section>
    ${mayChange ? renameHtml(here, source) : ""}`
  return { title: source.name, content, status }
}

const states: Record<Source["status"], [tone: "ok" | "warn" | "bad" | "wait", text: string]> = {
  new: ["wait", "Waiting for the first heartbeat. This page updates by itself."],
  connected: ["ok", "Connected: the collector reads the PBX."],
  disconnected: [
    "bad",
    "The collector runs but cannot reach the PBX. Its log has the reason, and npm run collector -- --check shows how to fix it. Check that Asterisk is running and that its AMI user is set up as below.",
  ],
  silent: [
    "warn",
    "The collector sends no heartbeats. Check that its machine is running and can reach the queue. While the collector runs, events it reads are kept in its spool.",
  ],
}

const stateHtml = ({ status }: Source): Html => note(...states[status])

const actionsHtml = (here: string, source: Source): Html =>
  html`${confirm({
    word: "Rotate token…",
    question: html`Make a new token for <strong>${name(source.name)}</strong>? Messages signed with
      the old one are accepted during the overlap, because a collector's spool may hold old
      messages.`,
    action: `${here}/rotate`,
    yes: "Rotate",
    isDanger: false,
    fields: html`${onceOnly()}${field({
      id: "overlap",
      label: "Accept the old one for",
      control: select(
        "overlap",
        [
          ["1209600", "14 days"],
          ["86400", "1 day"],
          ["3600", "1 hour"],
          ["0", "no time: it was leaked"],
        ],
        "1209600",
      ),
    })}`,
  })}
  ${confirm({
    word: "Delete…",
    question: html`Delete <strong>${name(source.name)}</strong>? Messages that its collectors still
      send are discarded. This cannot be undone.`,
    action: `${here}/delete`,
    yes: "Delete permanently",
  })}`

// Ringback itself makes operational events, and makes call events from dialings.
const isFromPbx = ({ example }: EventType) => example["source"] !== null
const MADE_BY_RINGBACK = /^(call|source)\./

function testHtml(here: string, types: EventType[]): Html {
  const options = types
    .filter((each) => isFromPbx(each) && !MADE_BY_RINGBACK.test(each.type))
    .map(({ type }): Option => [type, type])
  return html`<section class="card">
    <header><h2>Send an example</h2></header>
    <div class="body">
      <form
        class="filters"
        method="post"
        action="${here}/test"
        hx-post="${here}/test"
        hx-target="#outcome"
        hx-select="#outcome"
        hx-swap="outerHTML"
      >
        ${field({ id: "eventType", label: "Event type", control: select("eventType", options, "campaign.updated") })}
        <button type="submit">Send</button>
      </form>
    </div>
  </section>`
}

const renameHtml = (here: string, source: Source): Html =>
  html`<section class="card">
    <header><h2>Name</h2></header>
    <div class="body">
      <form class="filters" method="post" action="${here}/rename">
        <div>
          <label for="name" class="visually-hidden">Name</label>
          <input
            id="name"
            name="name"
            type="text"
            dir="auto"
            required
            maxlength="200"
            value="${source.name}"
          />
        </div>
        <button>Rename</button>
      </form>
    </div>
  </section>`
