import * as v from "valibot"
import { DELIVERY_STATUSES } from "@ringback/store/delivery"
import * as Endpoint from "@ringback/store/endpoint"
import * as Lease from "@ringback/store/lease"
import { createJob, makeJobId, recoverLease, JOB_LEASE_MS } from "@ringback/store/job"
import { countRecoverable, type Range } from "../dispatch/recoverable.ts"
import type { Deps } from "./deps.ts"
import { enqueue } from "./enqueue.ts"
import { invalid, ProblemError } from "./problem.ts"
import { getExisting } from "./revision.ts"
import { route } from "./route.ts"
import { parseMillis, TimeInput } from "./time.ts"
import { tooMany, waitFor } from "./waiting.ts"

export const RecoveryInput = v.pipe(
  v.strictObject({
    since: v.pipe(TimeInput, v.description("Events received at or after this time")),
    until: v.exactOptional(
      v.pipe(TimeInput, v.description("Events received before this time. If omitted: now")),
    ),
    statuses: v.pipe(
      v.optional(
        v.pipe(
          v.array(v.picklist(DELIVERY_STATUSES)),
          v.minLength(1),
          v.maxLength(DELIVERY_STATUSES.length),
        ),
        ["failed", "held"],
      ),
      v.description("The deliveries to send again, in addition to events without any delivery"),
    ),
    dryRun: v.pipe(v.optional(v.boolean(), false), v.description("Only count, send nothing")),
  }),
  v.metadata({ examples: [{ since: "2026-11-21T00:00:00Z", dryRun: true }] }),
)

const count = v.pipe(v.number(), v.integer(), v.description("The number of events to send again"))
const isLowerBound = v.pipe(
  v.boolean(),
  v.description("True if there are too many to count, and the count is a minimum"),
)

export const RecoveryCount = v.object({ count, isLowerBound })

export const StartedRecovery = v.object({ count, isLowerBound, jobId: v.string() })

// A Lambda function behind an HTTP API has 30 s.
const COUNTING_MS = 10_000

function countFor({ table }: Deps, endpoint: Endpoint.Endpoint, range: Range) {
  const endsAt = performance.now() + COUNTING_MS
  return countRecoverable(table, endpoint, range, () => performance.now() < endsAt)
}

const COUNT_LEASE_MS = 30_000
const RECOVERIES_AT_ONCE = 5

/** Counts and starts, unless another recovery of the endpoint is running. */
async function begin(deps: Deps, endpoint: Endpoint.Endpoint, range: Range) {
  const { tenant, id: endpointId } = endpoint
  const jobId = makeJobId(deps.table)
  const lease = recoverLease({ id: jobId, tenant, endpointId })
  // The lease is short while it counts, so that the next request does not wait long if this one
  // dies.
  const limits = { limit: RECOVERIES_AT_ONCE, leaseMs: COUNT_LEASE_MS }
  const taken = await Lease.take(deps.table, lease, limits)
  if (taken.outcome === "full") throw tooMany(RECOVERIES_AT_ONCE)
  if (taken.outcome === "busy") {
    const detail = `The recovery ${taken.owner} of this endpoint is running: wait until it is done.`
    throw new ProblemError("conflict.running", detail, { jobId: taken.owner })
  }
  try {
    const work = { kind: "COUNT", tenant, name: jobId } as const
    const counted = await waitFor(deps.table, work, () => countFor(deps, endpoint, range))
    await createJob(deps.table, { id: jobId, tenant, endpointId, ...range })
    await Lease.renew(deps.table, lease, JOB_LEASE_MS)
    await enqueue(deps, { kind: "recover", tenant, jobId })
    return { ...counted, jobId }
  } catch (error) {
    await Lease.release(deps.table, lease)
    throw error
  }
}

export const recoverRoutes = [
  route({
    method: "post",
    path: "/v1/tenants/{tenantId}/endpoints/{endpointId}/recover",
    access: "tenant",
    operationId: "recoverEndpoint",
    tag: "Endpoints",
    summary: "Send again everything that was not delivered",
    description:
      "Events are selected by the time they were received. They are sent at the endpoint's rate limit. `until` is fixed at the start. One recovery can run at a time per endpoint (409 with the `jobId` of the running one), and five per tenant (429).",
    body: RecoveryInput,
    answers: {
      200: { description: "The count of the dry run", schema: RecoveryCount },
      202: { description: "The recovery has started", schema: StartedRecovery },
    },
    problems: ["conflict.state", "conflict.running"],
    async handle({ deps, tenant, params: { endpointId }, body }) {
      const endpoint = await getExisting("endpoint", () =>
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
      if (!body.dryRun) return { status: 202, body: await begin(deps, endpoint, range) }
      const work = { kind: "COUNT", tenant: tenant.id, name: endpointId } as const
      const counted = await waitFor(deps.table, work, () => countFor(deps, endpoint, range))
      return { status: 200, body: counted, isNoChange: true }
    },
  }),
]
