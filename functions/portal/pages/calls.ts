import { html } from "hono/html"
import { path } from "../client.ts"
import { empty, heading, liveMark, name, nothing, seconds, time, type Html } from "../html.ts"
import { tenantSection } from "../page.ts"
import { pager } from "../pager.ts"
import { outcomeStatus } from "../status.ts"
import type { Endpoint, Event, Page } from "../types.ts"
import { readCall, type Call } from "./call-data.ts"

const BEGUN = "call.started"
const ENDED = "call.completed"
const TYPES = `type=${BEGUN}&type=${ENDED}`
// A call has two of these events. The first page has more of them, because it lists the calls in
// progress.
const PAGE = 80
const FIRST_PAGE = 250

const END_OF_TIME = "~"

// The parameter of a search without a subscriber.
const EARLIER = "earlier"

const page = tenantSection("calls")

export const callPages = [
  page.show("/calls", async ({ client, tenant, base, query, mayChange, now }) => {
    const at = path`/tenants/${tenant.id}`
    const cursor = query.get("cursor")
    const after = cursor === null ? "" : path`&cursor=${cursor}`
    const endpoints = await client.get<Page<Endpoint>>(`${at}/endpoints?limit=250`)
    const isWanted = endpoints.data.some(
      ({ connector, eventTypes }) => eventTypes?.some(wantsCalls) ?? Boolean(connector),
    )
    // Without a subscriber no calls are made. To look for earlier ones takes a search of the log.
    const isSearched = isWanted || cursor !== null || query.has(EARLIER)
    const events = isSearched
      ? await client.get<Page<Event>>(
          `${at}/events?${TYPES}&limit=${cursor === null ? FIRST_PAGE : PAGE}${after}`,
        )
      : { data: [], nextCursor: null }
    const isNewest = cursor === null
    const since = isNewest ? openSince(events, now) : END_OF_TIME
    const calls = callsOf(events.data, since)
    const older = pager(`${base}/calls`, query, events.nextCursor)
    const content = html`${heading({
        title: "Calls",
        about: "One row for each call: who was called, how it ended and how long it lasted.",
        actions: isNewest ? liveMark : nothing,
      })}
      <div ${isNewest ? html`id="live"` : ""}>
        <section class="card">
          ${
            calls.length > 0
              ? html`${rowsHtml(base, calls)}${isNewest ? restHtml(events, since) : ""}${older}`
              : isSearched
                ? html`${noneFound(events.nextCursor !== null, isWanted)}${older}`
                : noSubscriber(base, mayChange)
          }
        </section>
      </div>`
    return { title: "Calls", content }
  }),
]

const wantsCalls = (pattern: string) => pattern === "*" || pattern.startsWith("call.")

function noneFound(hasMore: boolean, isWanted: boolean): Html {
  if (hasMore)
    return empty(
      "No call in this part of the log",
      "The log is read in parts. Older parts can have calls.",
    )
  return isWanted
    ? empty("No call yet", "The next call that your dialler makes is listed here.")
    : empty("No earlier call", "The log has no call.")
}

function noSubscriber(base: string, mayChange: boolean): Html {
  const add = html`<a class="button primary" href="${base}/endpoints/new?events=call.*"
    >Add an endpoint for calls</a
  >`
  return empty(
    "No endpoint subscribes to calls",
    "Ringback makes calls from the dialler's events as soon as an endpoint subscribes to them.",
    html`${mayChange ? add : nothing}<a class="button" href="${base}/calls?${EARLIER}=1"
        >Search for earlier calls</a
      >`,
  )
}

// No call lasts longer. One whose end came while no endpoint subscribed to calls has no such event.
const MAX_CALL_MS = 4 * 3600 * 1000

/** Since when calls in progress are listed: of calls that started earlier the end is not known. */
function openSince({ data, nextCursor }: Page<Event>, now: number): string {
  const longest = new Date(now - MAX_CALL_MS).toISOString()
  const oldest = nextCursor === null ? "" : (data.at(-1)?.timestamp ?? "")
  return oldest > longest ? oldest : longest
}

/** Calls in progress since then first, then the ended ones. Each call is listed once. */
function callsOf(events: Event[], since: string): Call[] {
  const ended = events.filter(({ type }) => type === ENDED)
  const done = new Set(ended.map(({ data }) => data["uuid"]))
  // The end of a call is a newer event than its start. So what has started on the newest page and
  // not ended there is in progress. Of older pages it is not known.
  const open = events.filter(
    ({ type, data, timestamp }) => type === BEGUN && !done.has(data["uuid"]) && timestamp > since,
  )
  return [...open, ...ended].map(readCall)
}

/** From when on calls in progress are listed, if there are older events. */
function restHtml(events: Page<Event>, since: string): Html {
  if (events.nextCursor === null && events.data.every(({ timestamp }) => timestamp > since))
    return nothing
  return html`<p class="body hint dim">
    Calls that started before ${time(since)} are listed when they have ended.
  </p>`
}

const clipped = (text: string | null): Html | string =>
  text === null ? "" : html`<span class="clip">${name(text)}</span>`

const secondsOf = (value: number | null): string => (value === null ? "" : seconds(value))

const rowsHtml = (base: string, calls: Call[]): Html =>
  html`<table class="list">
    <thead>
      <tr>
        <th>Number</th>
        <th>Contact</th>
        <th>Campaign</th>
        <th>Outcome</th>
        <th class="num">Ring time</th>
        <th class="num">Talk time</th>
        <th>Started</th>
      </tr>
    </thead>
    <tbody>
      ${calls.map(
        (call) =>
          html`<tr>
            <td>
              <a
                href="${base}/calls/${encodeURIComponent(call.uuid.toWellFormed())}?at=${call.startedAt}"
                >${name(call.number ?? "unknown")}</a
              >
            </td>
            <td class="wide">${clipped(call.contact)}</td>
            <td>${clipped(call.campaign)}</td>
            <td class="at-end">${outcomeStatus(call.isOver, call.outcome)}</td>
            <td class="num" data-label="ring time">${secondsOf(call.ringSeconds)}</td>
            <td class="num" data-label="talk time">${secondsOf(call.talkSeconds)}</td>
            <td class="when">${time(call.startedAt)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
