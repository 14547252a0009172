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
// A call has two of these events.
const PAGE = 80

const page = tenantSection("calls")

export const callPages = [
  page.show("/calls", async ({ client, tenant, base, query, mayChange }) => {
    const at = path`/tenants/${tenant.id}`
    const cursor = query.get("cursor")
    const after = cursor === null ? "" : path`&cursor=${cursor}`
    // Both in one pass, because each reads the log.
    const [events, endpoints] = await Promise.all([
      client.get<Page<Event>>(`${at}/events?${TYPES}&limit=${PAGE}${after}`),
      client.get<Page<Endpoint>>(`${at}/endpoints?limit=250`),
    ])
    const calls = callsOf(events.data, cursor === null)
    const isWanted = endpoints.data.some(({ eventTypes }) => eventTypes?.some(wantsCalls))
    const offer = mayChange
      ? html`<a class="button primary" href="${base}/endpoints/new?events=call.*"
          >Add an endpoint for calls</a
        >`
      : nothing
    const content = html`${heading({
        title: "Calls",
        about: "One row for each call: who was called, how it ended and how long it lasted.",
        actions: cursor === null ? liveMark : nothing,
      })}
      <div ${cursor === null ? html`id="live"` : ""}>
        <section class="card">
          ${
            calls.length > 0
              ? html`${rowsHtml(base, calls)}${pager(`${base}/calls`, query, events.nextCursor)}`
              : events.nextCursor !== null
                ? html`${empty(
                    "No call in this part of the log",
                    "The log is read in parts. Older parts can have calls.",
                  )}${pager(`${base}/calls`, query, events.nextCursor)}`
                : isWanted
                  ? empty("No call yet", "The next call that your dialler makes is listed here.")
                  : empty(
                      "No endpoint subscribes to calls",
                      "Ringback makes calls from the dialler's events as soon as an endpoint subscribes to them.",
                      offer,
                    )
          }
        </section>
      </div>`
    return { title: "Calls", content }
  }),
]

const wantsCalls = (pattern: string) => pattern === "*" || pattern.startsWith("call.")

/** Calls in progress first, then the ended ones. Each call is listed once. */
function callsOf(events: Event[], isNewest: boolean): Call[] {
  const ended = events.filter(({ type }) => type === ENDED)
  const done = new Set(ended.map(({ data }) => data["uuid"]))
  // Only the newest page can have calls in progress. A call that started before the oldest ended
  // call of this page has most likely ended on a later page.
  const oldest = ended.at(-1)?.timestamp ?? ""
  const open = events.filter(
    ({ type, data, timestamp }) =>
      isNewest && type === BEGUN && !done.has(data["uuid"]) && timestamp > oldest,
  )
  return [...open, ...ended].map(readCall)
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
              <a href="${base}/calls/${encodeURIComponent(call.uuid)}"
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
