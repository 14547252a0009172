import * as v from "valibot"
import { makeId } from "@ringback/events/ids"
import { createItem, getItem } from "./item.ts"
import { DELIVERY_STATUSES } from "./delivery.ts"
import { jobKey } from "./keys.ts"
import type { Lease } from "./lease.ts"
import { toSeconds, type Table } from "./table.ts"

/** A recovery that somebody asked for; its range was fixed when it began. Times are epoch ms, of receipt. */
export const RecoverJob = v.object({
  id: v.string(),
  tenant: v.string(),
  endpointId: v.string(),
  since: v.number(),
  until: v.number(),
  statuses: v.array(v.picklist(DELIVERY_STATUSES)),
  createdAt: v.number(),
  expiresAt: v.number(),
})
export type RecoverJob = v.InferOutput<typeof RecoverJob>

/** How long a recovery is taken to be under way after its last page: queues deliver again for longer than a crash takes. */
export const RECOVER_LEASE_MS = 60 * 60 * 1000

/** One recovery of an endpoint at a time: what its job has until it is done. */
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

export const makeJobId = (table: Table) => makeId("job", table.now())

export async function createJob(
  table: Table,
  range: Pick<RecoverJob, "tenant" | "endpointId" | "since" | "until" | "statuses"> & {
    id?: string
  },
): Promise<RecoverJob> {
  const createdAt = table.now()
  const id = range.id ?? makeJobId(table)
  const job = { ...range, id, createdAt, expiresAt: toSeconds(createdAt + table.retentionMs) }
  await createItem(table, { ...jobKey(range.tenant, id), ...job })
  return job
}

export async function getJob(table: Table, tenant: string, id: string) {
  const item = await getItem(table, jobKey(tenant, id), { consistent: true })
  return item && v.parse(RecoverJob, item)
}
