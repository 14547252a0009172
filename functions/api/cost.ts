import pMap from "p-map"
import * as v from "valibot"
import * as Tenant from "@ringback/store/tenant"
import { volumeOf, type Volume } from "@ringback/store/volume"
import { pricesAsOf } from "../../infra/prices.ts"
import { dollarsOf, perDelivery, perEvent, perRetry } from "../../infra/unit-costs.ts"
import { cursorsFor } from "./cursor.ts"
import { route } from "./route.ts"
import { id, pagingOf } from "./schemas.ts"

const DAY_MS = 24 * 3600 * 1000
const DAYS = 30
const USUAL_TENANTS = 10
const TENANTS_AT_ONCE = 4

const count = v.pipe(v.number(), v.integer(), v.minValue(0))

export const TenantCost = v.pipe(
  v.object({
    tenantId: id("ten"),
    name: v.pipe(v.string(), v.examples(["Acme Collections"])),
    events: count,
    deliveries: count,
    attempts: count,
    usd: v.pipe(
      v.number(),
      v.description("The AWS cost if batches are full. Small batches cost more"),
      v.examples([1.37]),
    ),
    isEstimate: v.pipe(
      v.boolean(),
      v.description(
        "True if there are many events and the numbers are estimated from samples. After bursts, an estimate can be too high or too low by several times",
      ),
    ),
  }),
  v.description("The cost of a tenant's events of the last 30 days"),
)

const CENT_PARTS = 1e6

/**
 * The AWS usage of one event, delivery and attempt. infra/COST.md has the complete calculation,
 * including idle costs.
 */
export function usdOf({ events, deliveries, attempts }: Omit<Volume, "isEstimate">): number {
  const retries = Math.max(0, attempts - deliveries)
  const dollars =
    events * dollarsOf(perEvent) +
    deliveries * dollarsOf(perDelivery) +
    retries * dollarsOf(perRetry)
  return Math.round(dollars * CENT_PARTS) / CENT_PARTS
}

export const costRoutes = [
  route({
    method: "get",
    path: "/v1/cost",
    access: "operator",
    operationId: "listCosts",
    tag: "Operation",
    summary: "The cost of each tenant's last 30 days",
    description:
      "The tenant's events, deliveries and attempts, counted or sampled in its log, multiplied by the list prices of what each uses: SQS, DynamoDB, Lambda, logs, data transfer. Nothing is counted while events are delivered, and an exact count would read the whole log, so a long log is sampled. infra/COST.md has the fixed costs.",
    query: pagingOf(USUAL_TENANTS),
    answers: {
      200: {
        description: "Tenants",
        schema: v.object({
          data: v.pipe(v.array(TenantCost), v.description("Newest tenant first")),
          nextCursor: v.pipe(v.nullable(v.string()), v.examples([null])),
          pricesAsOf: v.pipe(v.string(), v.examples([pricesAsOf])),
        }),
      },
    },
    async handle({ deps: { table }, query: { limit, cursor } }) {
      const cursors = cursorsFor(table.sealer, ["costs"])
      const { items, next } = await Tenant.page(table, { limit, after: cursors.read(cursor) })
      const to = table.now()
      const range = { from: to - DAYS * DAY_MS, to }
      const costOf = async (tenant: Tenant.Tenant) => {
        const volume = await volumeOf(table, tenant.id, range)
        return { tenantId: tenant.id, name: tenant.name, ...volume, usd: usdOf(volume) }
      }
      const data = await pMap(items, costOf, { concurrency: TENANTS_AT_ONCE })
      return { status: 200, body: { data, nextCursor: cursors.write(next), pricesAsOf } }
    },
  }),
]
