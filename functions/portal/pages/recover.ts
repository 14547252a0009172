import { html } from "hono/html"
import { onceOnly } from "../form.ts"
import { exactTime, heading, note, number, type Html } from "../html.ts"
import { tenantSection } from "../page.ts"
import { problemNote } from "../problem-view.ts"
import type { Endpoint } from "../types.ts"
import { endpointName } from "./endpoint-name.ts"
import { endpointPath, endpointView } from "./endpoint.ts"

type Count = { count: number; isLowerBound: boolean }
type Range = { since: string; until: string }

const HOUR_MS = 3600 * 1000
const MAX_HOURS = 24 * 365

const page = tenantSection("endpoints")

/** How many events are missing, or that they could not be counted, and what happens to them. */
export function missingHtml({ count, isLowerBound }: Count, range: Range): Html {
  const between = html`received between ${exactTime(range.since)} and ${exactTime(range.until)}`
  const next =
    count === 1
      ? html`It is sent again, under the same id.`
      : html`They are sent again, oldest first, at the endpoint's rate. Their ids stay the same, so
        your server can recognise an event that it has received.`
  if (count === 0)
    return html`<p>
      <strong>The log is too long to count what is missing.</strong> Events ${between} that were not
      delivered can be in the part that was not read. ${next}
    </p>`
  return html`<p>
    <strong
      >${isLowerBound ? "At least " : ""}${number(count)}
      ${count === 1 ? "event" : "events"}</strong
    >
    ${between} ${count === 1 ? "was" : "were"} not delivered. ${next}
  </p>`
}

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
            count === 0 && !isLowerBound
              ? html`<p>
                    <strong>Nothing is missing.</strong> All events received between
                    ${exactTime(range.since)} and ${exactTime(range.until)} were delivered or are
                    still being retried.
                  </p>
                  <a class="button" href="${here}">Back to the endpoint</a>`
              : html`${missingHtml(counted.body, range)}
                  ${endpoint.disabled ? note("warn", "The endpoint is disabled: enable it first.") : ""}
                  <form class="row" method="post" action="${here}/recover/start">
                    ${onceOnly()}
                    <input type="hidden" name="since" value="${range.since}" />
                    <input type="hidden" name="until" value="${range.until}" />
                    ${endpoint.disabled ? "" : html`<button class="primary">Send ${isLowerBound ? "all" : number(count)} again</button>`}
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
