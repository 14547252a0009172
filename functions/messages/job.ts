import * as v from "valibot"
import { MessageVersion, toAscii } from "@ringback/events/message"
import type { Outgoing } from "./send.ts"

const Base = { v: MessageVersion, tenant: v.string() }

// Where the next page of a job begins; absent at the start.
/** In a list. */
const Listed = v.optional(v.object({ cursor: v.string() }))
/** At a rate: when the next step begins, epoch ms, and what the one before sent, to look at what became of it. */
const Waking = v.optional(
  v.object({
    from: v.number(),
    /** Absent in messages of 0.1.0, which knew no steps: then the job begins. */
    step: v.exactOptional(
      v.object({ number: v.number(), beganAt: v.number(), sample: v.array(v.string()) }),
    ),
  }),
)
/** In a list, at a pull endpoint twice. */
const Holding = v.optional(
  v.object({
    cursor: v.exactOptional(v.string()),
    isSecond: v.exactOptional(v.boolean()),
    /** No page before that time, epoch ms. */
    notBefore: v.exactOptional(v.number()),
  }),
)
const ListedAndPaced = v.optional(v.object({ cursor: v.string(), from: v.number() }))

/** In a list of deliveries, more than once; at last among all that a tenant has. */
const Erasing = v.optional(
  v.object({
    cursor: v.exactOptional(v.string()),
    rest: v.exactOptional(v.object({ shard: v.number(), after: v.exactOptional(v.string()) })),
    /** When nobody works any more with what was read before the deletion, and when this pass began: epoch ms. */
    settledAt: v.exactOptional(v.number()),
    beganAt: v.exactOptional(v.number()),
    /** How many this pass has found. */
    found: v.exactOptional(v.number()),
    /** No page before that time, epoch ms. */
    notBefore: v.exactOptional(v.number()),
  }),
)

/** In the index of what is due; `soonest`: when the next one passes, epoch ms, of those that were seen. */
const Expiring = v.optional(
  v.object({
    start: v.record(v.string(), v.union([v.string(), v.number()])),
    soonest: v.exactOptional(v.number()),
  }),
)

export const FORGET_PHASES = ["records", "events", "deliveries"] as const

/** In passes through all that a tenant has, one kind of thing after the other. */
export const ForgetPlace = v.object({
  phase: v.picklist(FORGET_PHASES),
  shard: v.number(),
  after: v.exactOptional(v.string()),
  /** When this pass began, epoch ms, and how many names it has found. */
  beganAt: v.number(),
  found: v.number(),
  /** No page before that time, epoch ms. */
  notBefore: v.exactOptional(v.number()),
  /** How many of each were emptied. */
  records: v.number(),
  events: v.number(),
  deliveries: v.number(),
})
export type ForgetPlace = v.InferOutput<typeof ForgetPlace>

export const Job = v.variant("kind", [
  /** An operational event, made once however often it is told. */
  v.object({
    ...Base,
    kind: v.literal("notify"),
    type: v.picklist(["endpoint.disabled", "delivery.exhausted"]),
    /** Epoch ms, part of what makes it this event. */
    at: v.number(),
    identity: v.array(v.union([v.string(), v.number()])),
    except: v.string(),
    data: v.record(v.string(), v.unknown()),
  }),
  /** A call's end came before what was said earlier of it: it is told now, with whatever came meanwhile. */
  v.object({ ...Base, kind: v.literal("call"), eventId: v.string() }),
  /** The endpoint is disabled: what waits for it is held. */
  v.object({ ...Base, kind: v.literal("hold"), endpointId: v.string(), place: Holding }),
  /** The endpoint is well again: what was parked with it is sent, at a rate that it can take. */
  v.object({ ...Base, kind: v.literal("wake"), endpointId: v.string(), place: Waking }),
  /** The endpoint's rate is another one: what waits for a slot of the old line gets one of the new. */
  v.object({ ...Base, kind: v.literal("spread"), endpointId: v.string(), place: Listed }),
  /** The rest of what was deleted: the endpoint's, source's or whole tenant's. */
  v.object({
    ...Base,
    kind: v.literal("erase"),
    endpointId: v.optional(v.string()),
    sourceId: v.optional(v.string()),
    place: Erasing,
  }),
  /** Of what waits to be fetched at a pull endpoint, what has waited too long. */
  v.object({ ...Base, kind: v.literal("expire"), endpointId: v.string(), place: Expiring }),
  /** All that names somebody is emptied; what is looked for stands in the job's item. */
  v.object({
    ...Base,
    kind: v.literal("forget"),
    jobId: v.string(),
    place: v.optional(ForgetPlace),
  }),
  /** What did not arrive in a range is sent again; the job's item says how far it is. */
  v.object({ ...Base, kind: v.literal("recover"), jobId: v.string(), place: ListedAndPaced }),
])
export type Job = v.InferOutput<typeof Job>

export type JobOf<Kind extends Job["kind"]> = Extract<Job, { kind: Kind }>
/** Work that is done in pages. */
export type PagedJob = Extract<Job, { place?: unknown }>
/** What a page of such a job answers: where the next one begins; undefined once it is done. */
export type Next<Kind extends PagedJob["kind"]> = JobOf<Kind>["place"]

export const formatJob = (job: Job): Outgoing => ({
  body: toAscii(JSON.stringify(job)),
  groupId: job.tenant,
})

export const parseJob = (body: string): Job => v.parse(Job, JSON.parse(body))
