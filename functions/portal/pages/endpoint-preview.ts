import { html } from "hono/html"
import type * as v from "valibot"
import type { PreviewAnswer } from "../../api/preview.ts"
import { path, type Answered, type Client } from "../client.ts"
import { field } from "../form.ts"
import { json, note, nothing, type Html } from "../html.ts"
import { problemNote } from "../problem-view.ts"
import type { Event, EventType, EventWithDeliveries, Page } from "../types.ts"
import { isCrm, type Kind } from "./endpoint-kinds.ts"

export type PreviewAnswered = v.InferOutput<typeof PreviewAnswer>

/** What was tried: the event as it is, and what would be sent of it. */
export type Preview = { answered: Answered<PreviewAnswered>; event: unknown }
export type Tried = { recent: Event[]; asked: string | null; preview?: Preview }

const RECENT = 10

/** The newest events that a preview may be of. */
export async function recentEvents(client: Client, at: string, kind: Kind): Promise<Event[]> {
  const type = isCrm(kind) ? "&type=call.completed" : ""
  const list = await client.ask<Page<Event>>("GET", `${at}/events?limit=${RECENT}${type}`)
  return list.ok ? list.body.data : []
}

// Nobody is signed in to, so that credentials may still be missing.
const PREVIEWED = ["url", "transform", "connector", "headers", "filter", "eventTypes"]

const withoutAuth = (connector: unknown) =>
  connector === undefined ? undefined : { ...(connector as object), auth: undefined }

/** What the API says would be sent, of the form's fields as they are now. */
export async function askPreview(
  client: Client,
  at: string,
  fields: Record<string, unknown>,
  asked: string | null,
): Promise<Preview> {
  const body = Object.fromEntries(
    PREVIEWED.map((each) => [
      each,
      each === "connector" ? withoutAuth(fields[each]) : fields[each],
    ]).filter(([, value]) => value !== undefined && value !== ""),
  )
  const ofEvent = asked === null || asked === "" ? {} : { event: asked }
  const [answered, event] = await Promise.all([
    client.ask<PreviewAnswered>("POST", `${at}/endpoints/preview`, {
      body: { ...body, ...ofEvent },
    }),
    asked ? eventOf(client, at, asked) : undefined,
  ])
  return { answered, event }
}

async function eventOf(client: Client, at: string, asked: string): Promise<unknown> {
  if (!asked.startsWith("evt_")) {
    const found = await client.ask<EventType>("GET", path`/event-types/${asked}`)
    return found.ok ? found.body.example : undefined
  }
  const found = await client.ask<EventWithDeliveries>("GET", `${at}${path`/events/${asked}`}`)
  if (!found.ok) return undefined
  const { headers: _, deliveries: __, createdAt: ___, ...webhook } = found.body
  return webhook
}

/** Which event to try it on, and what comes of it; asked by itself as one writes, where there are scripts. */
export function previewFields(
  to: string,
  kind: Kind,
  { recent, asked, preview }: Tried,
  eventTypes: EventType[],
): Html {
  const types = eventTypes.filter(({ type }) => !isCrm(kind) || /^call\.(ans|comp)/.test(type))
  const first = asked ?? recent[0]?.id ?? (isCrm(kind) ? "call.completed" : "")
  const option = (value: string, text: Html | string) =>
    html`<option value="${value}" ${value === first ? html`selected` : ""}>${text}</option>`
  return html`<section class="try" aria-labelledby="try-title">
    <h2 id="try-title">Try it</h2>
    <p class="hint">Shows what would be sent. Nothing is sent.</p>
    <div class="filters">
      ${field({
        id: "event",
        label: "With",
        isLong: true,
        control: html`<select id="event" name="event">
          ${isCrm(kind) ? "" : option("", "An example of an event that is wanted")}
          ${
            recent.length > 0
              ? html`<optgroup label="Events that came in">
                  ${recent.map(({ id, type, timestamp }) => option(id, `${type}, ${timestamp.slice(0, 19).replace("T", " ")} UTC`))}
                </optgroup>`
              : ""
          }
          <optgroup label="Examples">${types.map(({ type }) => option(type, type))}</optgroup>
        </select>`,
      })}
      <button
        type="submit"
        formaction="${to}"
        formnovalidate
        hx-post="${to}"
        hx-trigger="click, input delay:800ms from:#endpoint-form"
        hx-sync="this:replace"
        hx-target="#preview"
        hx-select="#preview"
        hx-swap="outerHTML"
      >
        Preview
      </button>
    </div>
    <div id="preview" aria-live="polite">${preview ? previewHtml(kind, preview) : nothing}</div>
  </section>`
}

function previewHtml(kind: Kind, { answered, event }: Preview): Html {
  const before =
    event === undefined
      ? ""
      : html`<details class="more">
          <summary>The event as it is</summary>
          ${json(event, "The event as it is")}
        </details>`
  if (!answered.ok) return html`${problemNote(answered.problem)}${before}`
  const { matches, requests, error } = answered.body
  if (!matches)
    return html`${note("off", "This event is not sent: the events chosen, or the filter, do not let it in.")}${before}`
  return html`${
    error === null
      ? note("ok", isCrm(kind) ? "It would be logged, by these requests." : "It would be sent.")
      : note("warn", html`<p><strong>Nothing more is sent:</strong> ${error}</p>`)
  }
  ${requestsHtml(kind, requests)} ${before}`
}

/** Requests as they go over the line, what is secret in them masked. */
export const requestsHtml = (kind: Kind, requests: PreviewAnswered["requests"]): Html =>
  html`${requests.map(({ method, url, headers, body }) => {
    const lines = Object.entries(headers).map(([each, value]) => `${each}: ${value}\n`)
    const start = kind === "pull" ? lines : [`${method} ${url}\n`, ...lines]
    return html`<pre tabindex="0" role="region" aria-label="A request">
${start.join("")}${body === null ? "" : `\n${laidOut(body)}`}</pre>`
  })}`

function laidOut(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}
