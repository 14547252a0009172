import { randomBytes, randomUUID } from "node:crypto"
import * as v from "valibot"
import { eventTypes, exampleHeaders, findEventType } from "@ringback/events/catalog"
import { HASH_BYTES, makeEventId } from "@ringback/events/ids"
import { formatMillis as formatStamp } from "@ringback/events/stamp"
import { translate } from "@ringback/events/translate"
import { webhookBody } from "@ringback/events/webhook"
import { DELIVERY_STATUSES } from "@ringback/store/delivery"
import * as Endpoint from "@ringback/store/endpoint"
import * as Health from "@ringback/store/health"
import { statsOf } from "@ringback/store/stats"
import { wants } from "@ringback/webhooks/match"
import { post } from "../deliver/post.ts"
import { oneAtATime } from "./one-at-a-time.ts"
import { invalid } from "./problem.ts"
import { living } from "./revision.ts"
import { route } from "./route.ts"
import { formatMillis, Time } from "./time.ts"

export const TestResult = v.object({
  delivered: v.boolean(),
  statusCode: v.pipe(
    v.nullable(v.pipe(v.number(), v.integer())),
    v.description("Null: there was no answer"),
    v.examples([204]),
  ),
  durationMs: v.pipe(v.number(), v.examples([37])),
  error: v.pipe(v.nullable(v.string()), v.examples([null])),
  responseBody: v.pipe(
    v.nullable(v.string()),
    v.description("The first 1 KB, of failures"),
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
  v.description("Deliveries by what became of them until now, by their receipt"),
)

export const WindowStats = v.object({
  counts: DeliveryCounts,
  latencyMs: v.pipe(
    v.object({ p50: v.nullable(v.number()), p95: v.nullable(v.number()) }),
    v.description("Of the attempts that delivered"),
  ),
  isEstimate: v.pipe(v.boolean(), v.description("There are many: reckoned from samples")),
  series: v.pipe(
    v.array(v.object({ from: Time, counts: DeliveryCounts })),
    v.description(
      "The same over time, oldest first: 2 minutes each of the hour, an hour of the day, 6 hours of the week. The last one is not over",
    ),
  ),
})

export const EndpointStats = v.object({
  lastHour: WindowStats,
  lastDay: WindowStats,
  lastWeek: WindowStats,
  failingSince: v.pipe(
    v.nullable(Time),
    v.description("Since when all has failed; null: it is well"),
  ),
})

const USUAL_TYPE = "campaign.updated"

/** The usual type, or the first that the endpoint asks for where it does not want that one. */
function typeFor({ eventTypes: wanted }: Pick<Endpoint.Endpoint, "eventTypes">): string {
  const isWanted = (type: string) =>
    wants({ eventTypes: wanted, sources: null, filter: null }, { type, source: null, webhook: {} })
  if (isWanted(USUAL_TYPE)) return USUAL_TYPE
  return eventTypes.find(({ type }) => isWanted(type))?.type ?? USUAL_TYPE
}

/** A webhook of that type as of now; undefined where no type is so called. */
function exampleWebhook(type: string, tenant: string, now: number) {
  const eventType = findEventType(type)
  if (!eventType) return undefined
  const id = makeEventId(BigInt(now) * 1_000_000n, randomBytes(HASH_BYTES))
  const source = eventType.example["source"] as string | null
  const headers = exampleHeaders(type, { now, makeUuid: randomUUID })
  const time = formatStamp(now)
  const said = (headers && translate(headers, { receivedAt: now })) ?? {
    type,
    timestamp: time,
    observedAt: time,
    data: eventType.example["data"] as Record<string, unknown>,
  }
  return { id, body: webhookBody({ id, tenant, source }, said) }
}

const TESTS_AT_ONCE = 5
// A test takes 5 s; what is more than 15 s old was run by a process that died.
const TEST_LEASE_MS = 15_000

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
      "Signed as all others are, also to a disabled endpoint; recorded nowhere, retried never. 200 says that it was tried: `delivered` says how it went. It waits 5 s at most; one test of an endpoint at a time (409), and five of a tenant (429).",
    body: v.strictObject({
      eventType: v.pipe(
        v.optional(v.pipe(v.string(), v.maxLength(100))),
        v.description("Left out: one that the endpoint asks for"),
        v.examples(["dialing.updated"]),
      ),
    }),
    answers: { 200: { description: "What came of it", schema: TestResult } },
    problems: ["conflict.running"],
    async handle({ deps: { table, testSender }, tenant, params, body: { eventType } }) {
      const endpoint = await living("endpoint", () =>
        Endpoint.get(table, tenant.id, params.endpointId, { consistent: true }),
      )
      const now = table.now()
      const webhook = exampleWebhook(eventType ?? typeFor(endpoint), tenant.id, now)
      if (!webhook) throw invalid("/eventType", "There is no such event type")
      const work = {
        kind: "TEST",
        tenant: tenant.id,
        endpointId: endpoint.id,
        limit: TESTS_AT_ONCE,
        leaseMs: TEST_LEASE_MS,
      }
      const { ok, statusCode, durationMs, error, responseBody } = await oneAtATime(
        table,
        work,
        () => post({ table, sender: testSender }, endpoint, webhook),
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
    summary: "How an endpoint fares",
    answers: { 200: { description: "The last hour, day and week", schema: EndpointStats } },
    async handle({ deps: { table }, tenant, params: { endpointId } }) {
      await living("endpoint", () =>
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
