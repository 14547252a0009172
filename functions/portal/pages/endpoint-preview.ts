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

/** The event, and the requests that would be sent for it. */
export type Preview = { answered: Answered<PreviewAnswered>; event: unknown }
export type Tried = { recent: Event[]; asked: string | null; preview?: Preview }

const RECENT = 10

/** The newest events, to choose one for a preview. */
export async function recentEvents(client: Client, at: string, kind: Kind): Promise<Event[]> {
  const type = isCrm(kind) ? "&type=call.completed" : ""
  const list = await client.ask<Page<Event>>("GET", `${at}/events?limit=${RECENT}${type}`)
  return list.ok ? list.body.data : []
}

// Without `auth`: a preview does not sign in, so credentials may still be missing.
const PREVIEWED = ["url", "transform", "connector", "headers", "filter", "eventTypes"]

const withoutAuth = (connector: unknown) =>
  connector === undefined ? undefined : { ...(connector as object), auth: undefined }

/** The API's preview for the form's current fields. */
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

/**
 * The event to preview and the preview. With scripts the preview is requested while the user types.
 */
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
    <h2 id="try-title">Preview</h2>
    <p class="hint">Shows the requests without sending them.</p>
    <div class="filters">
      ${field({
        id: "event",
        label: "Event",
        isLong: true,
        control: html`<select id="event" name="event">
          ${isCrm(kind) ? "" : option("", "Example of a selected event")}
          ${
            recent.length > 0
              ? html`<optgroup label="Received events">
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
          <summary>The original event</summary>
          ${json(event, "The original event")}
        </details>`
  if (!answered.ok) return html`${problemNote(answered.problem)}${before}`
  const { matches, requests, error } = answered.body
  if (!matches)
    return html`${note("off", "This event would not be sent: it does not match the selected events or the filter.")}${before}`
  return html`${
    error === null
      ? note("ok", isCrm(kind) ? "It would be logged by these requests." : "It would be sent.")
      : note("warn", html`<p><strong>No further request:</strong> ${error}</p>`)
  }
  ${requestsHtml(kind, requests)} ${before}`
}

/** Requests as sent over HTTP, with secrets masked. */
export const requestsHtml = (kind: Kind, requests: PreviewAnswered["requests"]): Html =>
  html`${requests.map(({ method, url, headers, body }, index) => {
    const lines = Object.entries(headers).map(([each, value]) => `${each}: ${value}\n`)
    const start = kind === "pull" ? lines : [`${method} ${url}\n`, ...lines]
    return html`<pre tabindex="0" role="region" aria-label="Request ${index + 1}">
${start.join("")}${body === null ? "" : `\n${indented(body)}`}</pre>`
  })}`

function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}
