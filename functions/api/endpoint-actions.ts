import { spanIdOf, traceIdOf } from "@ringback/events/trace"
import * as v from "valibot"
import { DELIVERY_STATUSES } from "@ringback/store/delivery"
import * as Endpoint from "@ringback/store/endpoint"
import * as Health from "@ringback/store/health"
import { statsOf } from "@ringback/store/delivery-stats"
import { exampleWebhook, typeFor } from "./example-webhook.ts"
import { invalid, ProblemError } from "./problem.ts"
import { getExisting } from "./revision.ts"
import { route } from "./route.ts"
import { formatMillis, Time } from "./time.ts"
import { waitFor } from "./waiting.ts"

export const TestResult = v.object({
  delivered: v.boolean(),
  statusCode: v.pipe(
    v.nullable(v.pipe(v.number(), v.integer())),
    v.description("Null: there was no response"),
    v.examples([204]),
  ),
  durationMs: v.pipe(v.number(), v.examples([37])),
  error: v.pipe(v.nullable(v.string()), v.examples([null])),
  responseBody: v.pipe(
    v.nullable(v.string()),
    v.description("The first 1 KB, for failures only"),
    v.examples([null]),
  ),
})

const count = v.pipe(v.number(), v.integer())

export const DeliveryCounts = v.pipe(
  v.object(
    Object.fromEntries(DELIVERY_STATUSES.map((status) => [status, count])) as Record<
      (typeof DELIVERY_STATUSES)[number],
      typeof count
    >,
  ),
  v.description(
    "Deliveries by their current status, in the window in which their events were received",
  ),
)

export const WindowStats = v.object({
  counts: DeliveryCounts,
  latencyMs: v.pipe(
    v.object({ p50: v.nullable(v.number()), p95: v.nullable(v.number()) }),
    v.description("For successful attempts"),
  ),
  isEstimate: v.pipe(
    v.boolean(),
    v.description("True if there are many and the numbers are estimated from samples"),
  ),
  series: v.pipe(
    v.array(v.object({ from: Time, counts: DeliveryCounts })),
    v.description(
      "The same over time, oldest first, in intervals of 2 minutes for the hour, 1 hour for the day and 6 hours for the week. The last interval is incomplete",
    ),
  ),
})

export const EndpointStats = v.object({
  lastHour: WindowStats,
  lastDay: WindowStats,
  lastWeek: WindowStats,
  failingSince: v.pipe(
    v.nullable(Time),
    v.description(
      "The time since which all attempts have failed. Null: the endpoint is not failing",
    ),
  ),
})

const tag = "Endpoints"

export const endpointActionRoutes = [
  route({
    method: "post",
    path: "/v1/tenants/{tenantId}/endpoints/{endpointId}/test",
    access: "tenant",
    operationId: "testEndpoint",
    tag,
    summary: "Send an example webhook now",
    description:
      "Signed and transformed like every webhook. For a CRM, only the sign-in and the required settings are tested, and nothing is written. Works for a disabled endpoint too. The test is not recorded and not retried. 200 means that the test ran: `delivered` has the result. It takes 5 s at most. One test can run at a time per endpoint (409), and five per tenant (429).",
    body: v.strictObject({
      eventType: v.pipe(
        v.optional(v.pipe(v.string(), v.maxLength(100))),
        v.description("If omitted: one that the endpoint subscribes to"),
        v.examples(["dialing.updated"]),
      ),
    }),
    answers: { 200: { description: "The result", schema: TestResult } },
    problems: ["conflict.running", "conflict.state"],
    async handle({ deps: { table, testOutbound }, tenant, params, body: { eventType } }) {
      const endpoint = await getExisting("endpoint", () =>
        Endpoint.get(table, tenant.id, params.endpointId, { consistent: true }),
      )
      const { url } = endpoint
      if (url === null)
        throw new ProblemError("conflict.state", "It is a pull endpoint: nothing is sent to it.")
      const now = table.now()
      const webhook = exampleWebhook(eventType ?? typeFor(endpoint), tenant.id, now)
      if (!webhook) throw invalid("/eventType", "There is no such event type")
      const work = { kind: "TEST", tenant: tenant.id, name: endpoint.id } as const
      const trace = { trace: traceIdOf(webhook.id), span: spanIdOf(webhook.id) }
      const { ok, statusCode, durationMs, error, responseBody } = await waitFor(
        table,
        work,
        async () => {
          if (!endpoint.connector)
            return testOutbound.sendByKind({ ...endpoint, url }, { ...webhook, ...trace })
          const { checkCrm } = await import("../endpoint-kinds/check-crm.ts")
          return checkCrm(testOutbound.deps, endpoint)
        },
      )
      const body = { delivered: ok, statusCode, durationMs, error, responseBody }
      return { status: 200, body, isNoChange: true }
    },
  }),
  route({
    method: "get",
    path: "/v1/tenants/{tenantId}/endpoints/{endpointId}/stats",
    access: "tenant",
    operationId: "getEndpointStats",
    tag,
    summary: "Statistics of an endpoint",
    answers: { 200: { description: "The last hour, day and week", schema: EndpointStats } },
    async handle({ deps: { table }, tenant, params: { endpointId } }) {
      await getExisting("endpoint", () =>
        Endpoint.get(table, tenant.id, endpointId, { consistent: true }),
      )
      const [stats, { failingSince }] = await Promise.all([
        statsOf(table, tenant.id, endpointId),
        Health.get(table, tenant.id, endpointId),
      ])
      const since = failingSince === undefined ? null : formatMillis(failingSince)
      const timed = ({ series, ...rest }: (typeof stats)["lastHour"]) => ({
        ...rest,
        series: series.map(({ from, counts }) => ({ from: formatMillis(from), counts })),
      })
      const { lastHour, lastDay, lastWeek } = stats
      return {
        status: 200,
        body: {
          lastHour: timed(lastHour),
          lastDay: timed(lastDay),
          lastWeek: timed(lastWeek),
          failingSince: since,
        },
      }
    },
  }),
]
