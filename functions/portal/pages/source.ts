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
          <strong>An example is under way</strong>, through the whole pipeline, to every endpoint
          that wants it. <a href="${to}">See the event</a>, in a second or two.
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
    html`<p class="dim">This page turns green by itself.</p>`,
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
            <dt>Waits on its disk</dt>
            <dd>${spoolText(source)}</dd>
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
  new: ["wait", "Waiting for the first heartbeat. This page turns green by itself."],
  connected: ["ok", "Connected: its collector reads the PBX."],
  disconnected: [
    "bad",
    "Its collector runs, and does not reach the PBX. Its own log says why; npm run collector -- --check says how to mend it. Is Asterisk up, and its manager user as below?",
  ],
  silent: [
    "warn",
    "Nothing has been heard of its collector for a while. Is its machine up, and can it reach the queue? What it reads meanwhile waits on its disk.",
  ],
}

const stateHtml = ({ status }: Source): Html => note(...states[status])

const actionsHtml = (here: string, source: Source): Html =>
  html`${confirm({
    word: "Rotate token…",
    question: html`A new token for <strong>${name(source.name)}</strong>. What was signed with the
      old one still counts for a while, since a spool may be old.`,
    action: `${here}/rotate`,
    yes: "Rotate",
    isDanger: false,
    fields: html`${onceOnly()}${field({
      id: "overlap",
      label: "The old one counts for",
      control: select(
        "overlap",
        [
          ["1209600", "14 days"],
          ["86400", "a day"],
          ["3600", "an hour"],
          ["0", "no longer: it was leaked"],
        ],
        "1209600",
      ),
    })}`,
  })}
  ${confirm({
    word: "Delete…",
    question: html`Delete <strong>${name(source.name)}</strong>? What its collectors still send is
      discarded. This cannot be undone.`,
    action: `${here}/delete`,
    yes: "Delete for good",
  })}`

// Operational events come from Ringback itself, and calls from dialings.
const isSaidByPbx = ({ example }: EventType) => example["source"] !== null
const NEVER_SAID = /^(call|source)\./

function testHtml(here: string, types: EventType[]): Html {
  const options = types
    .filter((each) => isSaidByPbx(each) && !NEVER_SAID.test(each.type))
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
        ${field({ id: "eventType", label: "As if the PBX had said", control: select("eventType", options, "campaign.updated") })}
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
