import * as v from "valibot"
import { createItem, getItem } from "./item.ts"
import { toSeconds, type Table } from "./table.ts"

/**
 * The decision on a gap that a collector reported: whether the source's other collectors covered
 * it.
 */
const Gap = v.object({
  isCovered: v.boolean(),
  /** Its end, epoch ms. */
  to: v.optional(v.number()),
})

const keyOf = (tenant: string, id: string) => ({ pk: tenant, sk: `GAP#${id}` })

/** Written once: a later decision changes nothing. */
export async function decide(
  table: Table,
  tenant: string,
  id: string,
  isCovered: boolean,
  to: number,
) {
  const expiresAt = toSeconds(table.now() + table.retentionMs)
  await createItem(table, { ...keyOf(tenant, id), isCovered, to, expiresAt })
}

/** Undefined while there is no decision. */
export async function decision(table: Table, tenant: string, id: string) {
  const item = await getItem(table, keyOf(tenant, id), { consistent: true })
  return item && v.parse(Gap, item)
}
