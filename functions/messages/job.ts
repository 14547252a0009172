import * as v from "valibot"
import { MessageVersion, toAscii } from "@ringback/events/message"
import type { JobTarget } from "@ringback/store/job-start"
import type { Outgoing } from "./send.ts"

const Base = {
  v: MessageVersion,
  tenant: v.string(),
  /** How often it was put off since its last page, because its tenant had enough running jobs. */
  putOff: v.exactOptional(v.number()),
}

// The place where the next page of a job begins. Absent at the start.
/**
 * A place in a job that sends at a rate: when the next step begins, epoch ms, and what the previous
 * step sent, to check the results.
 */
const Waking = v.optional(
  v.object({
    from: v.number(),
    /** Absent in messages of 0.1.0, which had no steps: then the job starts from the beginning. */
    step: v.exactOptional(
      v.object({ number: v.number(), beganAt: v.number(), sample: v.array(v.string()) }),
    ),
  }),
)
/** A place in a list, which may be read a second time. */
const ListedTwice = v.optional(
  v.object({
    cursor: v.exactOptional(v.string()),
    isSecond: v.exactOptional(v.boolean()),
    /** The next page does not run before this time, epoch ms. */
    notBefore: v.exactOptional(v.number()),
  }),
)
/**
 * The number of its start. A later start of the same work on the same resource replaces it: see
 * job-start.ts. Absent if a worker started it.
 */
const Start = v.exactOptional(v.number())
const ListedAndPaced = v.optional(v.object({ cursor: v.string(), from: v.number() }))

const InPartition = v.object({ shard: v.number(), after: v.exactOptional(v.string()) })

/**
 * A place in a list of deliveries that is read several times, followed by all other data of a
 * tenant.
 */
const Erasing = v.optional(
  v.object({
    cursor: v.exactOptional(v.string()),
    rest: v.exactOptional(
      v.union([
        v.object({ open: v.array(InPartition), from: v.number() }),
        /** In messages of before: one partition after the other. */
        InPartition,
      ]),
    ),
    /** In what the endpoint's connector has stored about calls, once no worker uses it any more. */
    logged: v.exactOptional(InPartition),
    /**
     * When no worker uses data read before the deletion any more, and when this pass began: epoch
     * ms.
     */
    settledAt: v.exactOptional(v.number()),
    beganAt: v.exactOptional(v.number()),
    /** How many items this pass has found. */
    found: v.exactOptional(v.number()),
    /** The next page does not run before this time, epoch ms. */
    notBefore: v.exactOptional(v.number()),
  }),
)

/**
 * A place in the index of due entries. `soonest`: when the next of the entries read so far expires,
 * epoch ms.
 */
const Expiring = v.optional(
  v.object({
    start: v.record(v.string(), v.union([v.string(), v.number()])),
    soonest: v.exactOptional(v.number()),
  }),
)

export const FORGET_PHASES = ["records", "events", "deliveries"] as const

/** A place in passes over all data of a tenant, one kind after the other. */
export const ForgetPlace = v.object({
  phase: v.picklist(FORGET_PHASES),
  shard: v.number(),
  after: v.exactOptional(v.string()),
  /** When this pass began, epoch ms, and how many names it has found. */
  beganAt: v.number(),
  found: v.number(),
  /** The next page does not run before this time, epoch ms. */
  notBefore: v.exactOptional(v.number()),
  /** How many items of each kind were emptied. */
  records: v.number(),
  events: v.number(),
  deliveries: v.number(),
})
export type ForgetPlace = v.InferOutput<typeof ForgetPlace>

export const Job = v.variant("kind", [
  /** An operational event. It is created once, however often it is reported. */
  v.object({
    ...Base,
    kind: v.literal("notify"),
    type: v.picklist(["endpoint.disabled", "delivery.exhausted"]),
    /** Epoch ms. Part of the event's identity. */
    at: v.number(),
    identity: v.array(v.union([v.string(), v.number()])),
    except: v.string(),
    data: v.record(v.string(), v.unknown()),
  }),
  /**
   * The end of a call arrived before its earlier events. It is reported now, with everything that
   * arrived in the meantime.
   */
  v.object({ ...Base, kind: v.literal("call"), eventId: v.string() }),
  /** The endpoint is disabled: its pending deliveries are held. */
  v.object({
    ...Base,
    kind: v.literal("hold"),
    endpointId: v.string(),
    start: Start,
    place: ListedTwice,
  }),
  /** The endpoint has recovered: its parked deliveries are sent, at a rate that it can handle. */
  v.object({ ...Base, kind: v.literal("wake"), endpointId: v.string(), place: Waking }),
  /**
   * The endpoint's rate limit changed, or it is no longer slow: deliveries with a slot at the old
   * rate are spread at the new one.
   */
  v.object({
    ...Base,
    kind: v.literal("spread"),
    endpointId: v.string(),
    start: Start,
    place: ListedTwice,
  }),
  /** Deletes the remaining data of a deleted endpoint, source or tenant. */
  v.object({
    ...Base,
    kind: v.literal("erase"),
    endpointId: v.optional(v.string()),
    sourceId: v.optional(v.string()),
    start: Start,
    place: Erasing,
  }),
  /** Ends the deliveries of a pull endpoint that were not fetched in time. */
  v.object({ ...Base, kind: v.literal("expire"), endpointId: v.string(), place: Expiring }),
  /** Empties everything that names a person or call. The job's item says what to look for. */
  v.object({
    ...Base,
    kind: v.literal("forget"),
    jobId: v.string(),
    place: v.optional(ForgetPlace),
  }),
  /** Sends undelivered events of a time range again. The job's item has its progress. */
  v.object({ ...Base, kind: v.literal("recover"), jobId: v.string(), place: ListedAndPaced }),
])
export type Job = v.InferOutput<typeof Job>

export type Unversioned<T> = T extends unknown ? Omit<T, "v"> : never

/** A job that works on one resource, for which an API request starts it. */
export type StartedJob = Extract<Job, { kind: "hold" | "spread" | "erase" }>

export type JobOf<Kind extends Job["kind"]> = Extract<Job, { kind: Kind }>
/** A job that runs in pages. */
export type PagedJob = Extract<Job, { place?: unknown }>
/** What such a job works on. */
export function targetOf(job: Unversioned<StartedJob>): JobTarget {
  const { tenant, kind, endpointId } = job
  const sourceId = "sourceId" in job ? job.sourceId : undefined
  return { tenant, kind, id: endpointId ?? sourceId ?? tenant }
}
/**
 * The result of a page of such a job: the place of the next page. Undefined once the job is done.
 */
export type Next<Kind extends PagedJob["kind"]> = JobOf<Kind>["place"]

export const formatJob = (job: Job): Outgoing => ({
  body: toAscii(JSON.stringify(job)),
  groupId: job.tenant,
})

export const parseJob = (body: string): Job => v.parse(Job, JSON.parse(body))
