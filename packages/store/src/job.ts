import * as v from "valibot"
import { makeId } from "@ringback/events/ids"
import { createItem, getItem, updateItem } from "./item.ts"
import { DELIVERY_STATUSES } from "./delivery.ts"
import { jobKey } from "./item-keys.ts"
import type { Lease } from "./lease.ts"
import { isExpired, toSeconds, type Table } from "./table.ts"

const Base = {
  id: v.string(),
  tenant: v.string(),
  createdAt: v.number(),
  /** Absent while it is running. */
  finishedAt: v.optional(v.number()),
  expiresAt: v.number(),
}

/** A requested recovery. Its range was fixed when it started. Times are epoch ms, of receipt. */
export const RecoverJob = v.object({
  ...Base,
  kind: v.optional(v.literal("recover"), "recover"),
  endpointId: v.string(),
  since: v.number(),
  until: v.number(),
  statuses: v.array(v.picklist(DELIVERY_STATUSES)),
})
export type RecoverJob = v.InferOutput<typeof RecoverJob>

/** How many items of each kind an erasure has emptied. */
const Counts = v.object({ events: v.number(), deliveries: v.number(), records: v.number() })
export type Counts = v.InferOutput<typeof Counts>

/** A requested erasure. It stores only a hash of what it looks for. */
export const EraseJob = v.object({
  ...Base,
  kind: v.literal("erase"),
  contactKeyHash: v.optional(v.string()),
  counts: v.optional(Counts),
})
export type EraseJob = v.InferOutput<typeof EraseJob>

/**
 * How long a job is considered running after its last page. Long enough for its queue to deliver the
 * page again after a crash.
 */
export const JOB_LEASE_MS = 60 * 60 * 1000

/** Limits recoveries to one per endpoint at a time: the lease of its job until it is done. */
export const recoverLease = ({
  tenant,
  endpointId,
  id,
}: Pick<RecoverJob, "tenant" | "endpointId" | "id">): Lease => ({
  tenant,
  kind: "RECOVER",
  name: endpointId,
  owner: id,
})

/** Several erasures of a tenant can run at a time. Each has its own lease until it is done. */
export const eraseLease = ({ tenant, id }: Pick<EraseJob, "tenant" | "id">): Lease => ({
  tenant,
  kind: "ERASE",
  name: id,
  owner: id,
})

export const makeJobId = (table: Table) => makeId("job", table.now())

export async function createJob(
  table: Table,
  range: Pick<RecoverJob, "tenant" | "endpointId" | "since" | "until" | "statuses"> & {
    id?: string
  },
): Promise<RecoverJob> {
  const id = range.id ?? makeJobId(table)
  const job = { ...range, kind: "recover" as const, id, ...timesOf(table) }
  await createItem(table, { ...jobKey(range.tenant, id), ...job })
  return job
}

export async function createEraseJob(
  table: Table,
  about: Pick<EraseJob, "id" | "tenant" | "contactKeyHash">,
): Promise<void> {
  const job = { ...about, kind: "erase" as const, ...timesOf(table) }
  await createItem(table, { ...jobKey(about.tenant, about.id), ...job })
}

function timesOf(table: Table) {
  const createdAt = table.now()
  return { createdAt, expiresAt: toSeconds(createdAt + table.retentionMs) }
}

const AnyJob = v.union([EraseJob, RecoverJob])
export type AnyJob = v.InferOutput<typeof AnyJob>

/** Undefined if there is none any more. */
export async function getAnyJob(
  table: Table,
  tenant: string,
  id: string,
): Promise<AnyJob | undefined> {
  const item = await getItem(table, jobKey(tenant, id), { consistent: true })
  const job = item && v.parse(AnyJob, item)
  return job && !isExpired(job, table.now()) ? job : undefined
}

export async function getJob(table: Table, tenant: string, id: string) {
  const job = await getAnyJob(table, tenant, id)
  return job?.kind === "recover" ? job : undefined
}

export async function getEraseJob(table: Table, tenant: string, id: string) {
  const job = await getAnyJob(table, tenant, id)
  return job?.kind === "erase" ? job : undefined
}

/** Records the end of the last page. A job that was already done keeps its time. */
export async function finishJob(
  table: Table,
  { tenant, id }: Pick<AnyJob, "tenant" | "id">,
  counts?: Counts,
): Promise<void> {
  await updateItem(table, jobKey(tenant, id), {
    update: `SET finishedAt = if_not_exists(finishedAt, :now)${counts ? ", #counts = :counts" : ""}`,
    ...(counts && { names: { "#counts": "counts" } }),
    values: { ":now": table.now(), ...(counts && { ":counts": counts }) },
  })
}
