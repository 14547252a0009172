import { html } from "hono/html"
import { path } from "../client.ts"
import { button } from "../form.ts"
import {
  dueTime,
  duration,
  exactTime,
  heading,
  json,
  liveMark,
  note,
  nothing,
  time,
  type Html,
} from "../html.ts"
import { doneIn, tenantSection, type TenantVisit, type View } from "../page.ts"
import { problemNote } from "../problem-view.ts"
import { deliveryStatus } from "../status.ts"
import type { DeliveryDetail, Endpoint, EventWithDeliveries } from "../types.ts"
import { endpointKindOf } from "./endpoint-kinds.ts"
import { endpointName } from "./endpoint-name.ts"
import { requestsHtml, type PreviewAnswered } from "./endpoint-preview.ts"
import { whyHtml } from "./why.ts"

const page = tenantSection("deliveries")

const deliveryPath = ({ tenant, params }: TenantVisit) =>
  path`/tenants/${tenant.id}/deliveries/${params["deliveryId"] ?? ""}`

export const deliveryActions = [
  page.show("/deliveries/:deliveryId", (visit) => {
    const done = doneIn(visit.query, { retried: "A new attempt was requested." })
    return deliveryView(visit, done ? note("ok", done) : nothing)
  }),
  page.act("/deliveries/:deliveryId/retry", async (visit) => {
    const answered = await visit.client.ask("POST", `${deliveryPath(visit)}/retry`, { body: {} })
    if (!answered.ok) return deliveryView(visit, problemNote(answered.problem), answered.status)
    return { to: `${visit.base}/deliveries/${visit.params["deliveryId"] ?? ""}?done=retried` }
  }),
]

async function deliveryView(visit: TenantVisit, outcome: Html, status = 200): Promise<View> {
  const { client, tenant, base, mayChange } = visit
  const at = path`/tenants/${tenant.id}`
  const delivery = await client.get<DeliveryDetail>(deliveryPath(visit))
  const [event, endpoint] = await Promise.all([
    client.ask<EventWithDeliveries>("GET", `${at}${path`/events/${delivery.eventId}`}`),
    client.ask<Endpoint>("GET", `${at}${path`/endpoints/${delivery.endpointId}`}`),
  ])
  const here = `${base}/deliveries/${delivery.id}`
  const target = endpoint.ok ? endpoint.body : undefined
  const previewed = target && (await previewedRequests(visit, target, delivery))
  const mayRetry = mayChange && target && !target.disabled && delivery.status !== "discarded"
  const content = html`${heading({
      title: html`<code>${delivery.eventType}</code>`,
      about: html`to
      ${target ? html`<a href="${base}/endpoints/${target.id}">${endpointName(target)}</a>` : "a deleted endpoint"},
      received ${time(delivery.createdAt)}`,
      crumbs: html`<a href="${base}/deliveries">Deliveries</a>`,
      actions: html`${liveMark}${mayRetry ? button(`${here}/retry`, delivery.status === "delivered" ? "Send again" : "Retry now", "primary") : ""}`,
    })}
    ${outcome}
    <div id="live">
      ${stateHtml(delivery, target, base)}
      <div class="cards">
        <section class="card">
          <header>
            <h2>Attempts</h2>
            <span class="dim small">newest first</span>
          </header>
          <div class="body">${attemptsHtml(delivery)}</div>
        </section>
        <section class="card">
          <header>
            <h2>Request</h2>
            <a href="${base}/events/${delivery.eventId}">The event</a>
          </header>
          <div class="body stack">
            ${changedHtml(delivery, target)}
            ${previewed ?? requestHtml(delivery, event.ok ? event.body : undefined, target)}
          </div>
        </section>
      </div>
    </div>`
  return { title: delivery.eventType, content, status }
}

/** Attempts do not store their request: it is made again from the endpoint's settings. */
function changedHtml({ attempts }: DeliveryDetail, target: Endpoint | undefined): Html {
  const last = attempts.at(-1)
  if (!target || (last && Date.parse(last.at) > Date.parse(target.updatedAt))) return nothing
  const text = last
    ? "The endpoint was changed after the last attempt. This is the request that it would get now."
    : "This is the request that the endpoint would get now."
  return html`<p class="hint dim">${text}</p>`
}

function stateHtml(
  { status, reason, nextAttemptAt, attempts, endpointId }: DeliveryDetail,
  target: Endpoint | undefined,
  base: string,
): Html {
  const last = attempts.at(-1)
  const said = html`<p class="row">
    ${deliveryStatus(status)}
    ${
      status === "pending" && nextAttemptAt !== null
        ? html`<span>Next attempt ${dueTime(nextAttemptAt)}</span>`
        : reason
          ? html`<span>${reason}</span>`
          : ""
    }
  </p>`
  if (status === "delivered") return nothing
  return note(
    status === "failed" ? "bad" : status === "pending" ? "wait" : "warn",
    html`${said}
    ${
      last?.error
        ? html`<p><strong>Why:</strong> ${last.error}.</p>
            ${whyHtml(last.statusCode, last.error)}`
        : ""
    }
    ${status === "held" && target ? html`<p>Enable <a href="${base}/endpoints/${endpointId}">the endpoint</a>, then recover.</p>` : ""}`,
  )
}

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

function attemptsHtml({ attempts, status, createdAt }: DeliveryDetail): Html {
  if (attempts.length === 0) {
    const text = status === "pending" ? "No attempt yet: it is queued." : "No attempt was made."
    return html`<p class="dim">${text} Received ${exactTime(createdAt)}.</p>`
  }
  return html`<ol class="timeline">
    ${attempts.toReversed().map(
      (attempt) =>
        html`<li class="${attempt.error === null ? "is-good" : "is-wrong"}">
          <div class="row between">
            <strong
              >${attempt.error === null ? `Answered ${attempt.statusCode ?? ""}` : capitalised(attempt.error)}</strong
            >
            <span class="dim small">${duration(attempt.durationMs)}</span>
          </div>
          <p class="dim small">${exactTime(attempt.at)}</p>
          ${attempt.steps ? stepsHtml(attempt.steps) : ""}
          ${attempt.responseBody ? html`<pre tabindex="0" role="region" aria-label="Response body at ${attempt.at}">${attempt.responseBody}</pre>` : ""}
        </li>`,
    )}
  </ol>`
}

type Steps = NonNullable<DeliveryDetail["attempts"][number]["steps"]>

/** The requests to a CRM, in order. */
const stepsHtml = (steps: Steps): Html =>
  html`<ol class="steps-asked small">
    ${steps.map(
      ({ method, url, statusCode, durationMs }) =>
        html`<li>
          <code>${method} ${url}</code>
          <span class="dim">${statusCode ?? "no answer"}, ${duration(durationMs)}</span>
        </li>`,
    )}
  </ol>`

/**
 * The requests of a connector or a transform, from the API's preview. Undefined if the event itself
 * is sent.
 */
async function previewedRequests(
  { client, tenant }: TenantVisit,
  { connector, transform, url }: Endpoint,
  { eventId }: DeliveryDetail,
): Promise<Html | undefined> {
  if (!connector && transform === null) return undefined
  const settings = connector
    ? { connector: { ...connector, auth: undefined } }
    : { transform, ...(url !== null && { url }) }
  const at = path`/tenants/${tenant.id}/endpoints/preview`
  const answered = await client.ask<PreviewAnswered>("POST", at, {
    body: { ...settings, event: eventId },
  })
  if (!answered.ok) return undefined
  const { requests, error } = answered.body
  const kind = endpointKindOf({ connector, pull: !connector && url === null })
  return html`${requestsHtml(kind, requests)}
  ${error === null ? "" : html`<p class="dim">${error}</p>`}
  ${connector ? html`<p class="hint dim">These requests assume that each step finds its record. The actual requests are listed with each attempt.</p>` : ""}`
}

// Fields of the API's answer that are not in the webhook.
const API_FIELDS = ["createdAt", "headers", "deliveries", "nextCursor"]

function requestHtml(
  delivery: DeliveryDetail,
  event: EventWithDeliveries | undefined,
  target: Endpoint | undefined,
): Html {
  if (!event) return html`<p class="dim">The event is no longer kept.</p>`
  const body = Object.fromEntries(
    Object.entries(event).filter(([name]) => !API_FIELDS.includes(name)),
  )
  const last = delivery.attempts.at(-1)
  const lines = [
    `POST ${target?.url ?? "…"}`,
    "content-type: application/json",
    `webhook-id: ${delivery.eventId}`,
    ...(last ? [`webhook-timestamp: ${Math.floor(Date.parse(last.at) / 1000)}`] : []),
    `webhook-signature: ${target?.signing === "ed25519" ? "v1a" : "v1"},… (new for each attempt)`,
    ...Object.keys(target?.headers ?? {}).map((name) => `${name}: …`),
  ]
  return html`<pre class="wrap" tabindex="0" role="region" aria-label="Request headers">
${lines.join("\n")}</pre>
    ${json(body, "Request body")}`
}
