import { html } from "hono/html"
import { dueTime, number, time, type Html } from "../html.ts"
import { deliveryStatus } from "../status.ts"
import type { Delivery, Endpoint } from "../types.ts"
import { endpointLink } from "./endpoint-name.ts"

// Empty where there is none: on a phone a cell has its label only where it has content.
const nextOf = ({ nextAttemptAt }: Delivery): Html | string =>
  nextAttemptAt === null ? "" : dueTime(nextAttemptAt)

/**
 * Deliveries as a table. Without `endpoints` the column of the endpoint is left out, as all have
 * the same.
 */
export const deliveryRows = (
  base: string,
  deliveries: Delivery[],
  endpoints: Endpoint[] | undefined,
): Html =>
  html`<table class="list">
    <thead>
      <tr>
        <th>State</th>
        <th>Event</th>
        ${endpoints ? html`<th>Endpoint</th>` : ""}
        <th class="num">Attempts</th>
        <th>Received</th>
        <th>Next attempt</th>
      </tr>
    </thead>
    <tbody>
      ${deliveries.map(
        (each) =>
          html`<tr id="${each.id}">
            <td>${deliveryStatus(each.status)}</td>
            <td><a href="${base}/deliveries/${each.id}">${each.eventType}</a></td>
            ${endpoints ? html`<td class="wide">${endpointLink(base, endpoints, each.endpointId)}</td>` : ""}
            <td class="num" data-label="attempts">${number(each.attemptCount)}</td>
            <td class="when">${time(each.createdAt)}</td>
            <td data-label="next">${nextOf(each)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
