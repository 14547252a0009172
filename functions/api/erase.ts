import * as v from "valibot"
import * as Erasure from "@ringback/store/erasure"
import {
  createEraseJob,
  ERASE_LEASE_MS,
  eraseLease,
  getAnyJob,
  makeJobId,
  type AnyJob,
} from "@ringback/store/job"
import * as Lease from "@ringback/store/lease"
import { enqueue } from "./enqueue.ts"
import { tooMany } from "./one-at-a-time.ts"
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
      v.pipe(Text, v.description("Of a dial list row, a call or another record")),
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
    finishedAt: v.pipe(v.nullable(Time), v.description("Null while it is under way")),
    erased: v.exactOptional(
      v.pipe(
        v.object({ records: count, events: count, deliveries: count }),
        v.description("Of an erasure that is done: how many were emptied"),
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

// Each goes through the whole log.
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
      "By the Uuid of a dial list row, a call or another record, or by a row's own key. A row is erased with its calls; a campaign, plan, list or destination alone, without the calls that were made by it. Events keep their place in the log, empty; what was not delivered is discarded; what arrives later for those Uuids is emptied too. It cannot be undone. It takes about a minute and then as long as the log takes to be read. Twenty at a time for a tenant (429).",
    body: EraseInput,
    answers: { 202: { description: "It is under way", schema: StartedErasure } },
    async handle({ deps, tenant, body: { uuid, contactKey } }) {
      const { table } = deps
      const about = { id: makeJobId(table), tenant: tenant.id }
      const limits = { limit: ERASURES_AT_ONCE, leaseMs: ERASE_LEASE_MS }
      const taken = await Lease.take(table, eraseLease(about), limits)
      if (taken.outcome !== "taken") throw tooMany(ERASURES_AT_ONCE)
      try {
        // Known from here on, so that nothing that comes meanwhile is missed.
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
    summary: "Read how far a recovery or an erasure is",
    answers: { 200: { description: "The job", schema: JobAnswer } },
    async handle({ deps: { table }, tenant, params: { jobId } }) {
      const job = await getAnyJob(table, tenant.id, jobId)
      if (!job) throw notFound("job")
      return { status: 200, body: show(job) }
    },
  }),
]
