import * as v from "valibot"
import { makeId } from "@ringback/events/ids"
import { createItem, type Item, type ReadOptions } from "./item.ts"
import { tenantKey } from "./item-keys.ts"
import * as LiveItem from "./live-item.ts"
import { changeItem, getLive, queryPage, tombstone } from "./live-item.ts"
import { readItems } from "./readable.ts"
import type { Table } from "./table.ts"

/** A customer of the call centre. Times are epoch ms. */
export const Tenant = v.object({
  id: v.string(),
  name: v.string(),
  revision: v.number(),
  createdAt: v.number(),
  updatedAt: v.number(),
})
export type Tenant = v.InferOutput<typeof Tenant>

const parse = (item: Item) => v.parse(Tenant, item)

export async function create(table: Table, { name }: { name: string }): Promise<Tenant> {
  const now = table.now()
  const tenant: Tenant = {
    id: makeId("ten", now),
    name,
    revision: 1,
    createdAt: now,
    updatedAt: now,
  }
  await createItem(table, { ...tenantKey(tenant.id), ...tenant })
  return tenant
}

/** Undefined if there is none any more. */
export async function get(
  table: Table,
  id: string,
  options: ReadOptions = {},
): Promise<Tenant | undefined> {
  const item = await getLive(table, tenantKey(id), options)
  return item && parse(item)
}

/** A page of the existing tenants, newest first. Pass `next` as `after` for the next page. */
export async function page(table: Table, request: { limit: number; after?: string | undefined }) {
  const { items, next } = await queryPage(table, { pk: "TENANTS", prefix: "ten_", ...request })
  return { items: readItems(table, items, parse), next }
}

export async function update(
  table: Table,
  id: string,
  changes: { name?: string | undefined },
  revision?: number,
): Promise<Tenant | undefined> {
  const item = await changeItem(
    table,
    tenantKey(id),
    { ...changes, updatedAt: table.now() },
    revision === undefined ? {} : { revision },
  )
  return item && parse(item)
}

/** Leaves a tombstone without a name. False if there was no live tenant. */
export const remove = (table: Table, id: string) => tombstone(table, tenantKey(id), { name: "" })

export const isDeleted = (table: Table, id: string) => LiveItem.isDeleted(table, tenantKey(id))
