import * as v from "valibot"
import { makeId } from "@ringback/events/ids"
import { createItem, getItem } from "./item.ts"
import { DELIVERY_STATUSES } from "./delivery.ts"
import { jobKey } from "./keys.ts"
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

export async function createJob(
  table: Table,
  range: Pick<RecoverJob, "tenant" | "endpointId" | "since" | "until" | "statuses">,
): Promise<RecoverJob> {
  const createdAt = table.now()
  const id = makeId("job", createdAt)
  const job = { ...range, id, createdAt, expiresAt: toSeconds(createdAt + table.retentionMs) }
  await createItem(table, { ...jobKey(range.tenant, id), ...job })
  return job
}

export async function getJob(table: Table, tenant: string, id: string) {
  const item = await getItem(table, jobKey(tenant, id), { consistent: true })
  return item && v.parse(RecoverJob, item)
}
