import { html } from "hono/html"
import { onceOnly } from "../form.ts"
import { exactTime, heading, note, number } from "../html.ts"
import { tenantSection } from "../page.ts"
import { problemNote } from "../problem-view.ts"
import type { Endpoint } from "../types.ts"
import { endpointName } from "./endpoint-name.ts"
import { endpointPath, endpointView } from "./endpoint.ts"

type Count = { count: number; isLowerBound: boolean }

const HOUR_MS = 3600 * 1000
const MAX_HOURS = 24 * 365

const page = tenantSection("endpoints")

export const recoverPages = [
  page.act("/endpoints/:endpointId/recover", async (visit) => {
    const { client, form, now, base } = visit
    const at = endpointPath(visit)
    const hours = Math.min(MAX_HOURS, Math.max(1, Number(form.get("since")) || 24))
    const range = {
      since: new Date(now - hours * HOUR_MS).toISOString(),
      until: new Date(now).toISOString(),
    }
    const endpoint = await client.get<Endpoint>(at)
    const counted = await client.ask<Count>("POST", `${at}/recover`, {
      body: { ...range, dryRun: true },
    })
    if (!counted.ok) return endpointView(visit, problemNote(counted.problem), counted.status)
    const { count, isLowerBound } = counted.body
    const here = `${base}/endpoints/${endpoint.id}`
    const title = "Recover"
    const content = html`${heading({ title, crumbs: html`<a href="${base}/endpoints">Endpoints</a> / <a href="${here}">${endpointName(endpoint)}</a>` })}
      <section class="card">
        <div class="body stack">
          ${
            count === 0
              ? html`<p>
                    <strong>Nothing is missing.</strong> All events received between
                    ${exactTime(range.since)} and ${exactTime(range.until)} were delivered or are
                    still being retried.
                  </p>
                  <a class="button" href="${here}">Back to the endpoint</a>`
              : html`<p>
                    <strong
                      >${isLowerBound ? "At least " : ""}${number(count)}
                      ${count === 1 ? "event" : "events"}</strong
                    >
                    received between ${exactTime(range.since)} and ${exactTime(range.until)}
                    ${count === 1 ? "was" : "were"} not delivered. They are sent again, oldest
                    first, at the endpoint's rate. Their ids stay the same, so your server can
                    recognise an event that it has received.
                  </p>
                  ${endpoint.disabled ? note("warn", "The endpoint is disabled: enable it first.") : ""}
                  <form class="row" method="post" action="${here}/recover/start">
                    ${onceOnly()}
                    <input type="hidden" name="since" value="${range.since}" />
                    <input type="hidden" name="until" value="${range.until}" />
                    ${endpoint.disabled ? "" : html`<button class="primary">Send ${number(count)} again</button>`}
                    <a class="button" href="${here}">Cancel</a>
                  </form>`
          }
        </div>
      </section>`
    return { title, content }
  }),
  page.act("/endpoints/:endpointId/recover/start", async (visit) => {
    const { client, form, base, params } = visit
    const body = { since: form.get("since") ?? "", until: form.get("until") ?? "" }
    const started = await client.ask("POST", `${endpointPath(visit)}/recover`, {
      body,
      idempotencyKey: form.get("once") ?? undefined,
    })
    if (!started.ok) return endpointView(visit, problemNote(started.problem), started.status)
    return { to: `${base}/endpoints/${params["endpointId"] ?? ""}?done=recovering` }
  }),
]
