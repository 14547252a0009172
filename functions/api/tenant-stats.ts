import * as v from "valibot"
import * as Endpoint from "@ringback/store/endpoint"
import * as Health from "@ringback/store/health"
import type { Table } from "@ringback/store/table"
import { tenantStatsOf, type WindowName } from "@ringback/store/delivery-stats"
import { WindowStats } from "./endpoint-actions.ts"
import { route } from "./route.ts"
import { id } from "./schemas.ts"
import { formatMillis, Time } from "./time.ts"

const WINDOWS = { hour: "lastHour", day: "lastDay", week: "lastWeek" } as const satisfies Record<
  string,
  WindowName
>

export const TenantStats = v.pipe(
  v.object({
    ...WindowStats.entries,
    failing: v.pipe(
      v.array(v.object({ endpointId: id("ep"), failingSince: Time })),
      v.description("Its enabled endpoints at which all recent attempts have failed"),
    ),
    endpoints: v.pipe(
      v.array(
        v.object({
          endpointId: id("ep"),
          counts: WindowStats.entries.counts,
          latencyMs: WindowStats.entries.latencyMs,
        }),
      ),
      v.description("The counts and latencies of each of its endpoints"),
    ),
    disabled: v.pipe(v.array(id("ep")), v.description("Its disabled endpoints")),
  }),
  v.description("Delivery statistics across all of a tenant's endpoints"),
)

async function endpointsOf(table: Table, tenant: string) {
  const endpoints = await Endpoint.list(table, tenant)
  const enabled = endpoints.filter(({ disabled }) => !disabled).map((each) => each.id)
  return { endpoints, failing: await Health.failingOf(table, tenant, enabled) }
}

export const tenantStatsRoutes = [
  route({
    method: "get",
    path: "/v1/tenants/{tenantId}/stats",
    access: "tenant",
    operationId: "getTenantStats",
    tag: "Tenants",
    summary: "Statistics of all of a tenant's endpoints",
    query: {
      window: v.pipe(
        v.optional(v.picklist(["hour", "day", "week"]), "hour"),
        v.description("The last hour, day or week"),
      ),
    },
    answers: {
      200: { description: "The statistics of all endpoints together", schema: TenantStats },
    },
    async handle({ deps: { table }, tenant, query: { window } }) {
      const [{ series, partOf, ...stats }, { endpoints, failing }] = await Promise.all([
        tenantStatsOf(table, tenant.id, WINDOWS[window]),
        endpointsOf(table, tenant.id),
      ])
      return {
        status: 200,
        body: {
          ...stats,
          series: series.map(({ from, counts }) => ({ from: formatMillis(from), counts })),
          failing: failing.map(({ endpointId, failingSince }) => ({
            endpointId,
            failingSince: formatMillis(failingSince),
          })),
          endpoints: endpoints.map((each) => ({ endpointId: each.id, ...partOf(each.id) })),
          disabled: endpoints.filter(({ disabled }) => disabled).map((each) => each.id),
        },
      }
    },
  }),
]
