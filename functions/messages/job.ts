import * as v from "valibot"
import { toAscii } from "@ringback/events/message"
import type { Outgoing } from "./send.ts"

const Base = { v: v.literal(1), tenant: v.string() }
const PlaceSchema = v.optional(v.record(v.string(), v.union([v.string(), v.number()])))

/** Work that is done in pages; `place` is where the next page begins, absent at the start. */
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
  v.object({ ...Base, kind: v.literal("hold"), endpointId: v.string(), place: PlaceSchema }),
  /** The endpoint is well again: what was parked with it falls due, at its rate. */
  v.object({ ...Base, kind: v.literal("wake"), endpointId: v.string(), place: PlaceSchema }),
  /** The endpoint's rate is another one: what waits for a slot of the old line gets one of the new. */
  v.object({ ...Base, kind: v.literal("spread"), endpointId: v.string(), place: PlaceSchema }),
  /** The rest of what was deleted: the endpoint's, source's or whole tenant's. */
  v.object({
    ...Base,
    kind: v.literal("erase"),
    endpointId: v.optional(v.string()),
    sourceId: v.optional(v.string()),
    place: PlaceSchema,
  }),
  /** All that names somebody is emptied; what is looked for stands in the job's item. */
  v.object({ ...Base, kind: v.literal("forget"), jobId: v.string(), place: PlaceSchema }),
  /** What did not arrive in a range is sent again; the job's item says how far it is. */
  v.object({ ...Base, kind: v.literal("recover"), jobId: v.string(), place: PlaceSchema }),
])
export type Job = v.InferOutput<typeof Job>

/** Where the next page of a job begins; undefined once it is done. */
export type Place = NonNullable<Extract<Job, { place?: unknown }>["place"]> | undefined

export const formatJob = (job: Job): Outgoing => ({
  body: toAscii(JSON.stringify(job)),
  groupId: job.tenant,
})

export const parseJob = (body: string): Job => v.parse(Job, JSON.parse(body))
