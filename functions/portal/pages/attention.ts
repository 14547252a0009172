import { html } from "hono/html"
import { confirm } from "../form.ts"
import { name, time, type Html } from "../html.ts"
import type { TenantVisit } from "../page.ts"
import type { Delivery, Endpoint, Page, Source, TenantStats } from "../types.ts"
import { endpointName } from "./endpoint-name.ts"

type Item = { about: Html; action: Html }

/** Problems that need attention, each with an action that solves it. Empty if there are none. */
export function attentionHtml(
  visit: TenantVisit,
  endpoints: Endpoint[],
  { failing }: Pick<TenantStats, "failing">,
  notArrived: Page<Delivery>,
  sources: Source[],
): Html {
  const { base, mayChange } = visit
  const isFailing = new Set(failing.map(({ endpointId }) => endpointId))
  const lost = Map.groupBy(notArrived.data, ({ endpointId }) => endpointId)
  const items: Item[] = [
    ...endpoints
      .filter(({ disabled }) => disabled)
      .map((endpoint) => ({
        about: html`<strong>${endpointName(endpoint)}</strong> is
          disabled${
            endpoint.disabledReason === "gone"
              ? ": it answered 410 Gone"
              : endpoint.disabledReason === "failing"
                ? ": all deliveries failed for five days"
                : ""
          }.
          New deliveries to it are held.`,
        action: mayChange
          ? confirm({
              word: "Enable…",
              question: html`Enable <strong>${endpointName(endpoint)}</strong>? New events are sent
                to it again. To send the held deliveries, use Recover on its page.`,
              action: `${base}/endpoints/${endpoint.id}/enable`,
              yes: "Enable",
              isDanger: false,
            })
          : html`<a class="button" href="${base}/endpoints/${endpoint.id}">View</a>`,
      })),
    ...failing.flatMap(({ endpointId, failingSince }) => {
      const endpoint = endpoints.find(({ id }) => id === endpointId)
      if (!endpoint || endpoint.disabled) return []
      const about = html`<strong>${endpointName(endpoint)}</strong> is failing. First failure:
        ${time(failingSince)}.`
      const action = html`<a class="button" href="${base}/endpoints/${endpoint.id}">See why</a>`
      return [{ about, action }]
    }),
    ...endpoints.flatMap((endpoint) => {
      const missed = lost.get(endpoint.id)
      if (!missed || endpoint.disabled || isFailing.has(endpoint.id)) return []
      // The list has one page, newest first: there may be more.
      const word = notArrived.nextCursor === null ? "" : "at least "
      const [newest] = missed.toSorted((one, other) => (one.createdAt > other.createdAt ? -1 : 1))
      const about = html`<strong>${endpointName(endpoint)}</strong> did not get
        ${word}${missed.length} ${missed.length === 1 ? "delivery" : "deliveries"} of the last week,
        <a href="${base}/deliveries/${newest!.id}">the last one</a> received
        ${time(newest!.createdAt)}.`
      const action = html`<a class="button" href="${base}/endpoints/${endpoint.id}#recover"
        >Recover…</a
      >`
      return [{ about, action }]
    }),
    ...sources
      .filter(({ status }) => status !== "connected")
      .map((source) => ({
        about: html`<strong>${name(source.name)}</strong> ${sourceProblems[source.status]}
          ${source.lastSeenAt === null ? "" : html`Last heartbeat: ${time(source.lastSeenAt)}.`}`,
        action: html`<a class="button" href="${base}/sources/${source.id}"
          >${source.status === "new" ? "Connect it" : "See what to do"}</a
        >`,
      })),
  ]
  if (items.length === 0) return html``
  return html`<section class="card">
    <header><h2>Needs attention</h2></header>
    <ul class="attention">
      ${items.map(
        ({ about, action }) =>
          html`<li>
            <div>${about}</div>
            ${action}
          </li>`,
      )}
    </ul>
  </section>`
}

const sourceProblems: Record<Source["status"], string> = {
  new: "has no collector yet.",
  connected: "",
  disconnected: "is disconnected: its collector cannot reach it.",
  silent: "is silent: its collector sends no heartbeats.",
}
