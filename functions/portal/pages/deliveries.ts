import { html } from "hono/html"
import { path } from "../client.ts"
import { field, select, type Option } from "../form.ts"
import { heading, liveMark } from "../html.ts"
import { tenantSection } from "../page.ts"
import type { Delivery, Endpoint, EventType, Page } from "../types.ts"
import { deliveryRows } from "./delivery-rows.ts"
import { endpointText } from "./endpoint-name.ts"
import { logSection } from "./log-section.ts"
import { sinceOf, WITHIN } from "./time-range.ts"

const PAGE = "50"

const STATUSES: Option[] = [
  ["", "Any"],
  ["failed", "Failed"],
  ["held", "Held"],
  ["pending", "Pending"],
  ["delivered", "Delivered"],
  ["discarded", "Discarded"],
]

const page = tenantSection("deliveries")

export const deliveryPages = [
  page.show("/deliveries", async ({ client, tenant, base, query, now }) => {
    const at = path`/tenants/${tenant.id}`
    const asked = new URLSearchParams({ limit: PAGE })
    for (const name of ["status", "endpointId", "eventType", "cursor"]) {
      for (const value of query.getAll(name)) if (value !== "") asked.append(name, value)
    }
    const after = sinceOf(query, now)
    if (after !== undefined) asked.set("after", after)
    const [list, endpoints, types] = await Promise.all([
      client.ask<Page<Delivery>>("GET", `${at}/deliveries?${asked}`),
      client.get<Page<Endpoint>>(`${at}/endpoints?limit=250`),
      client.get<Page<EventType>>("/event-types?limit=250"),
    ])
    const isFiltered = ["status", "endpointId", "eventType", "within", "after"].some((name) =>
      query.get(name),
    )
    const here = `${base}/deliveries`
    const content = html`${heading({
        title: "Deliveries",
        about: "A delivery is one event for one endpoint, with all its attempts.",
        actions: query.has("cursor") ? html`` : liveMark,
      })}
      <form class="filters" method="get" action="${here}">
        ${field({ id: "status", label: "State", control: select("status", STATUSES, query.get("status")) })}
        ${field({
          id: "endpointId",
          label: "Endpoint",
          control: select(
            "endpointId",
            [
              ["", "Any"],
              ...endpoints.data.map((each): Option => [each.id, endpointText(each).slice(0, 60)]),
            ],
            query.get("endpointId"),
          ),
        })}
        ${field({
          id: "eventType",
          label: "Event",
          control: select(
            "eventType",
            [["", "Any"], ...types.data.map(({ type }): Option => [type, type])],
            query.get("eventType"),
          ),
        })}
        ${field({ id: "within", label: "Received", control: select("within", WITHIN, query.get("within")) })}
        <button>Filter</button>
        ${isFiltered ? html`<a class="button" href="${here}">Clear</a>` : ""}
      </form>
      ${logSection({
        list,
        isFiltered,
        here,
        base,
        query,
        after,
        rows: (rows) => deliveryRows(base, rows, endpoints.data),
        words: {
          unmatched: "No delivery matches all filters.",
          title: "No delivery yet",
          start:
            "Deliveries are listed here as soon as a PBX sends an event that an endpoint subscribes to. You can send an example from a PBX's page.",
        },
      })}`
    return { title: "Deliveries", content }
  }),
]
