import * as v from "valibot"
import * as Erasure from "@ringback/store/erasure"
import {
  createEraseJob,
  JOB_LEASE_MS,
  eraseLease,
  getAnyJob,
  makeJobId,
  type AnyJob,
} from "@ringback/store/job"
import * as Lease from "@ringback/store/lease"
import { enqueue } from "./enqueue.ts"
import { tooMany } from "./waiting.ts"
import { notFound } from "./problem.ts"
import { route } from "./route.ts"
import { formatMillis, Time } from "./time.ts"

const jobIdSchema = v.pipe(
  v.string(),
  v.regex(/^job_[0-9a-hjkmnp-tv-z]{26}$/),
  v.examples(["job_06fzk3vq8r2m5x0c9d7g4h1jtw"]),
)

const Text = v.pipe(v.string(), v.minLength(1), v.maxLength(200))

export const EraseInput = v.pipe(
  v.strictObject({
    uuid: v.exactOptional(
      v.pipe(Text, v.description("The Uuid of a dial list row, a call or another record")),
    ),
    contactKey: v.exactOptional(v.pipe(Text, v.description("A dial list row's own key (UKey)"))),
  }),
  v.check(
    ({ uuid, contactKey }) => (uuid === undefined) !== (contactKey === undefined),
    "must have either uuid or contactKey",
  ),
  v.metadata({ examples: [{ contactKey: "10042" }] }),
)

export const StartedErasure = v.object({ jobId: jobIdSchema })

const count = v.pipe(v.number(), v.integer())

export const JobAnswer = v.pipe(
  v.object({
    id: jobIdSchema,
    kind: v.picklist(["recover", "erase"]),
    status: v.picklist(["running", "done"]),
    createdAt: Time,
    finishedAt: v.pipe(v.nullable(Time), v.description("Null while it is running")),
    erased: v.exactOptional(
      v.pipe(
        v.object({ records: count, events: count, deliveries: count }),
        v.description("For a finished erasure: the number of emptied items"),
      ),
    ),
  }),
  v.description("Work that takes longer than a request"),
)

const show = (job: AnyJob): v.InferOutput<typeof JobAnswer> => ({
  id: job.id,
  kind: job.kind,
  status: job.finishedAt === undefined ? "running" : "done",
  createdAt: formatMillis(job.createdAt),
  finishedAt: job.finishedAt === undefined ? null : formatMillis(job.finishedAt),
  ...(job.kind === "erase" && job.counts && { erased: job.counts }),
})

// Each erasure reads the whole log.
const ERASURES_AT_ONCE = 20

const tag = "Events"

export const eraseRoutes = [
  route({
    method: "post",
    path: "/v1/tenants/{tenantId}/erase",
    access: "tenant",
    operationId: "erase",
    tag,
    summary: "Erase what names a person or a call",
    description:
      "Selected by the Uuid of a dial list row, a call or another record, or by a row's own key. A row is erased with its calls. A campaign, plan, list or destination is erased without its calls. Events keep their place in the log, but are emptied. Pending deliveries are discarded. Events that arrive later for these Uuids are emptied too. It cannot be undone. It takes about a minute and then as long as the log takes to be read. Twenty at a time for a tenant (429).",
    body: EraseInput,
    answers: { 202: { description: "The erasure has started", schema: StartedErasure } },
    async handle({ deps, tenant, body: { uuid, contactKey } }) {
      const { table } = deps
      const about = { id: makeJobId(table), tenant: tenant.id }
      const limits = { limit: ERASURES_AT_ONCE, leaseMs: JOB_LEASE_MS }
      const taken = await Lease.take(table, eraseLease(about), limits)
      if (taken.outcome !== "taken") throw tooMany(ERASURES_AT_ONCE)
      try {
        // The erasure is in effect from here on, so that events which arrive in the meantime are
        // emptied too.
        if (uuid !== undefined)
          await Erasure.remember(table, tenant.id, Erasure.hashOfName("uuid", uuid))
        const contactKeyHash =
          contactKey === undefined ? undefined : Erasure.hashOfName("contactKey", contactKey)
        await createEraseJob(table, { ...about, contactKeyHash })
        await enqueue(deps, { kind: "forget", tenant: tenant.id, jobId: about.id })
      } catch (error) {
        await Lease.release(table, eraseLease(about))
        throw error
      }
      return { status: 202, body: { jobId: about.id } }
    },
  }),
  route({
    method: "get",
    path: "/v1/tenants/{tenantId}/jobs/{jobId}",
    access: "tenant",
    operationId: "getJob",
    tag,
    summary: "Read the progress of a recovery or an erasure",
    answers: { 200: { description: "The job", schema: JobAnswer } },
    async handle({ deps: { table }, tenant, params: { jobId } }) {
      const job = await getAnyJob(table, tenant.id, jobId)
      if (!job) throw notFound("job")
      return { status: 200, body: show(job) }
    },
  }),
]
