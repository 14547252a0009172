import { html } from "hono/html"
import type * as v from "valibot"
import type { TenantCost } from "../../api/cost.ts"
import { path } from "../client.ts"
import { empty, heading, name, number, type Html } from "../html.ts"
import { operatorSection } from "../page.ts"
import { pager } from "../pager.ts"

type Cost = v.InferOutput<typeof TenantCost>
type Answer = { data: Cost[]; nextCursor: string | null; pricesAsOf: string }

export const costPages = [
  operatorSection("cost").show("/cost", async ({ client, query }) => {
    const cursor = query.get("cursor")
    const { data, nextCursor, pricesAsOf } = await client.get<Answer>(
      cursor === null ? "/cost" : path`/cost?cursor=${cursor}`,
    )
    const content = html`${heading({
        title: "Volume and cost",
        about: `The last 30 days: what each tenant's events, deliveries and attempts cost in SQS, DynamoDB, Lambda and logs, at the AWS prices of ${pricesAsOf}. Running on one machine costs none of this.`,
      })}
      <section class="card">
        ${data.length === 0 ? empty("No tenant yet", "The cost of each tenant is listed here.") : html`${rowsHtml(data)}${pager("/portal/cost", query, nextCursor)}`}
      </section>`
    return { title: "Volume and cost", content }
  }),
]

const rowsHtml = (costs: Cost[]): Html =>
  html`<table class="list">
    <thead>
      <tr>
        <th>Tenant</th>
        <th class="num">Events</th>
        <th class="num">Deliveries</th>
        <th class="num">Attempts</th>
        <th class="num">Cost</th>
      </tr>
    </thead>
    <tbody>
      ${costs.map((cost) => {
        const about = cost.isEstimate ? "≈ " : ""
        return html`<tr>
          <td class="wide">
            <a class="clip" href="/portal/${cost.tenantId}">${name(cost.name)}</a>
          </td>
          <td class="num" data-label="events">${about}${number(cost.events)}</td>
          <td class="num" data-label="deliveries">${about}${number(cost.deliveries)}</td>
          <td class="num" data-label="attempts">${about}${number(cost.attempts)}</td>
          <td class="num" data-label="costs">${about}$${cost.usd.toFixed(cost.usd < 1 ? 4 : 2)}</td>
        </tr>`
      })}
    </tbody>
  </table>`
