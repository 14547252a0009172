import * as v from "valibot"
import { DELIVERY_STATUSES } from "@ringback/store/delivery"
import * as Endpoint from "@ringback/store/endpoint"
import { createJob } from "@ringback/store/job"
import { recoverablePage, type Range } from "../dispatch/recoverable.ts"
import type { Deps } from "./deps.ts"
import { enqueue } from "./enqueue.ts"
import { invalid, ProblemError } from "./problem.ts"
import { living } from "./revision.ts"
import { route } from "./route.ts"
import { parseMillis, TimeInput } from "./time.ts"

export const RecoveryInput = v.pipe(
  v.strictObject({
    since: v.pipe(TimeInput, v.description("Received at or after that time")),
    until: v.exactOptional(v.pipe(TimeInput, v.description("Received before it. Left out: now"))),
    statuses: v.pipe(
      v.optional(v.pipe(v.array(v.picklist(DELIVERY_STATUSES)), v.minLength(1)), [
        "failed",
        "held",
      ]),
      v.description("What else is sent again beside what has no delivery at all"),
    ),
    dryRun: v.pipe(v.optional(v.boolean(), false), v.description("Only count")),
  }),
  v.metadata({ examples: [{ since: "2026-11-21T00:00:00Z", dryRun: true }] }),
)

const count = v.pipe(v.number(), v.integer(), v.description("How many will be sent again"))
const isLowerBound = v.pipe(
  v.boolean(),
  v.description("There are so many that they were not all counted"),
)

export const RecoveryCount = v.object({ count, isLowerBound })

export const StartedRecovery = v.object({ count, isLowerBound, jobId: v.string() })

// A function behind HTTP may take 30 s.
const COUNTING_MS = 10_000

async function countFor({ table }: Deps, endpoint: Endpoint.Endpoint, range: Range) {
  const startedAt = performance.now()
  let count = 0
  let cursor: string | undefined
  do {
    const { missing, next } = await recoverablePage(table, endpoint, range, cursor)
    count += missing.length
    cursor = next
  } while (cursor !== undefined && performance.now() - startedAt < COUNTING_MS)
  return { count, isLowerBound: cursor !== undefined }
}

export const recoverRoutes = [
  route({
    method: "post",
    path: "/v1/tenants/{tenantId}/endpoints/{endpointId}/recover",
    access: "tenant",
    operationId: "recoverEndpoint",
    tag: "Endpoints",
    summary: "Send again all that did not arrive",
    description:
      "By the receipt of the events. What is sent is spread at the endpoint's rate; `until` is fixed when it begins.",
    body: RecoveryInput,
    answers: {
      200: { description: "The dry run", schema: RecoveryCount },
      202: { description: "It is under way", schema: StartedRecovery },
    },
    problems: ["conflict.state"],
    async handle({ deps, tenant, params: { endpointId }, body }) {
      const endpoint = await living("endpoint", () =>
        Endpoint.get(deps.table, tenant.id, endpointId, { consistent: true }),
      )
      const now = deps.table.now()
      const since = parseMillis(body.since)
      const until = Math.min(now, body.until === undefined ? now : parseMillis(body.until))
      if (since > until) throw invalid("/since", "must not be later than until, or than now")
      const range = { since, until, statuses: [...new Set(body.statuses)] }
      if (!body.dryRun && endpoint.disabled) {
        throw new ProblemError("conflict.state", "The endpoint is disabled: enable it first.")
      }
      const counted = await countFor(deps, endpoint, range)
      if (body.dryRun) return { status: 200, body: counted }
      const job = await createJob(deps.table, { tenant: tenant.id, endpointId, ...range })
      await enqueue(deps, { kind: "recover", tenant: tenant.id, jobId: job.id })
      return { status: 202, body: { ...counted, jobId: job.id } }
    },
  }),
]
