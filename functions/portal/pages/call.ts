import { html } from "hono/html"
import pMap from "p-map"
import { path, Refused, type Client } from "../client.ts"
import { dueTime, exactTime, heading, liveMark, name, number, seconds, type Html } from "../html.ts"
import { tenantSection } from "../page.ts"
import { deliveryStatus, outcomeStatus } from "../status.ts"
import type { Endpoint, Event, EventWithDeliveries, Page } from "../types.ts"
import { readCall, type Call } from "./call-data.ts"
import { endpointLink } from "./endpoint-name.ts"

// A dialing has about six events, and three call events. More come from a number that was dialled often.
const MAX_STEPS = 30

// An event may have 1 MB of headers, which take much more memory while they are read.
const READS_AT_ONCE = 3

/** What is shown of an event. */
type Step = Pick<EventWithDeliveries, "id" | "type" | "observedAt" | "deliveries"> & {
  states: unknown[]
}

const stepOf = ({ id, type, observedAt, deliveries, data }: EventWithDeliveries): Step => ({
  id,
  type,
  observedAt,
  deliveries,
  states: [data["statusName"], data["outcome"]],
})

// Each reads some thousand events, of which the call's may be the oldest.
const MAX_PAGES = 10
// A call lasts for some hours at most, and `startedAt` may be of its first event.
const AROUND_MS = 24 * 3600_000
// The API takes years of four digits.
const LATEST_MS = Date.parse("9999-01-01T00:00:00Z")

/** The call's events, newest first. `startedAt`: what the link to this page says of it. */
async function eventsOf(client: Client, at: string, uuid: string, startedAt: string | null) {
  const around = timesAround(startedAt)
  const found: Event[] = []
  let cursor: string | null = null
  for (let pages = 0; pages < MAX_PAGES && found.length < MAX_STEPS; pages++) {
    const limit = String(MAX_STEPS - found.length)
    const query = new URLSearchParams({
      uuid,
      limit,
      ...around,
      ...(cursor !== null && { cursor }),
    })
    const { data, nextCursor } = await client.get<Page<Event>>(`${at}/events?${query}`)
    found.push(...data)
    if (nextCursor === null) break
    cursor = nextCursor
  }
  return found
}

function timesAround(startedAt: string | null): { after?: string; before?: string } {
  const ms = Date.parse(startedAt ?? "")
  if (!(Math.abs(ms) < LATEST_MS)) return {}
  const iso = (each: number) => new Date(each).toISOString()
  return { after: iso(ms - AROUND_MS), before: iso(ms + AROUND_MS) }
}

const page = tenantSection("calls")

export const callPage = [
  page.show("/calls/:uuid", async ({ client, tenant, base, params, query }) => {
    const at = path`/tenants/${tenant.id}`
    const uuid = params["uuid"] ?? ""
    const [data, endpoints] = await Promise.all([
      eventsOf(client, at, uuid, query.get("at")),
      client.get<Page<Endpoint>>(`${at}/endpoints?limit=250`),
    ])
    if (data.length === 0) {
      throw new Refused({
        type: "",
        title: "Not found",
        status: 404,
        code: "not_found",
        requestId: "",
      })
    }
    const read = async ({ id }: Event) =>
      stepOf(await client.get<EventWithDeliveries>(`${at}${path`/events/${id}`}`))
    const steps = await pMap(data, read, { concurrency: READS_AT_ONCE })
    const inOrder = steps.toSorted((a, b) => (a.observedAt < b.observedAt ? -1 : 1))
    const callEvent =
      data.find(({ type }) => type === "call.completed") ??
      data.find(({ type }) => type.startsWith("call."))
    const call = callEvent && readCall(callEvent)
    const content = html`${heading({
        title: name(call?.number ?? "Call"),
        about: html`<code>${uuid}</code>`,
        crumbs: html`<a href="${base}/calls">Calls</a>`,
        actions: liveMark,
      })}
      <div id="live">
        ${call ? factsHtml(call) : ""}
        <section class="card">
          <header>
            <h2>From the PBX to each endpoint</h2>
            <a href="${base}/events?uuid=${encodeURIComponent(uuid.toWellFormed())}">Its events</a>
          </header>
          <div class="body">
            <ol class="timeline">
              ${inOrder.map((event) => stepHtml(base, event, endpoints.data))}
            </ol>
          </div>
        </section>
      </div>`
    return { title: call?.number ?? "Call", content }
  }),
]

const factsHtml = (call: Call): Html =>
  html`<section class="card">
    <div class="body">
      <dl class="facts">
        <dt>Outcome</dt>
        <dd class="row">
          ${outcomeStatus(call.isOver, call.outcome)}
          ${call.hangupCause === null ? "" : html`<span class="dim">${call.hangupCause}</span>`}
        </dd>
        ${
          call.contact === null
            ? ""
            : html`<dt>Contact</dt>
                <dd>${name(call.contact)}</dd>`
        }
        ${
          call.campaign === null
            ? ""
            : html`<dt>Campaign</dt>
                <dd>${name(call.campaign)}</dd>`
        }
        ${
          call.list === null
            ? ""
            : html`<dt>Dial list</dt>
                <dd>${name(call.list)}</dd>`
        }
        ${
          call.attempt === null
            ? ""
            : html`<dt>Attempt</dt>
                <dd>${number(call.attempt)}</dd>`
        }
        <dt>Started</dt>
        <dd>${exactTime(call.startedAt)}</dd>
        ${
          call.ringSeconds === null
            ? ""
            : html`<dt>Ring time</dt>
                <dd>${seconds(call.ringSeconds)}</dd>`
        }
        ${
          call.talkSeconds === null
            ? ""
            : html`<dt>Talk time</dt>
                <dd>${seconds(call.talkSeconds)}</dd>`
        }
      </dl>
    </div>
  </section>`

function stepHtml(base: string, event: Step, endpoints: Endpoint[]): Html {
  const { deliveries, states } = event
  const hasFailed = deliveries.some(({ status }) => status === "failed")
  const hasArrived =
    deliveries.length > 0 && deliveries.every(({ status }) => status === "delivered")
  const how = states.filter((each) => typeof each === "string" && each !== "none").join(", ")
  return html`<li class="${hasFailed ? "is-wrong" : hasArrived ? "is-good" : ""}">
    <div class="row between">
      <div class="row">
        <strong><a href="${base}/events/${event.id}">${event.type}</a></strong>
        <span class="dim">${how}</span>
      </div>
      <span class="dim small">${exactTime(event.observedAt)}</span>
    </div>
    ${
      deliveries.length === 0
        ? html`<p class="dim small">No delivery to an endpoint that still exists.</p>`
        : html`<ul class="reached">
            ${deliveries.map(
              (each) =>
                html`<li class="row">
                  <a href="${base}/deliveries/${each.id}">${deliveryStatus(each.status)}</a>
                  ${endpointLink(base, endpoints, each.endpointId)}
                  ${each.nextAttemptAt === null ? "" : html`<span class="dim small">due ${dueTime(each.nextAttemptAt)}</span>`}
                </li>`,
            )}
          </ul>`
    }
  </li>`
}
