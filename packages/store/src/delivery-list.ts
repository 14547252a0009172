import { parseDelivery, type Delivery, type DeliveryStatus } from "./delivery.ts"
import {
  DELIVERY_SHARDS,
  deliveryKey,
  deliveryPartition,
  deliveryRef,
  deliverySortFrom,
  OPEN_SHARDS,
  openPartition,
  parseDeliveryId,
  replayPartition,
  shardsOfEndpoint,
  type Key,
} from "./item-keys.ts"
import { KEY_ATTRIBUTES, readMerged } from "./list-page.ts"
import { getItems, type Item } from "./item.ts"
import { queryPage } from "./live-item.ts"
import { readItems } from "./readable.ts"
import { readSideBySide } from "./job-page.ts"
import { isExpired, type Table } from "./table.ts"

export type DeliveryQuery = {
  endpointId?: string | undefined
  /** Absent: any. */
  statuses?: DeliveryStatus[] | undefined
  eventType?: string | undefined
  /** Epoch ms, exclusive, of the time of receipt. */
  after?: number | undefined
  before?: number | undefined
  limit: number
  /** `next` of the previous page. */
  cursor?: string | undefined
}

const END = "~"

/** Deliveries, newest first. With filters a page can be short. */
export async function listDeliveries(
  table: Table,
  tenant: string,
  query: DeliveryQuery,
): Promise<{ items: Delivery[]; next: string | undefined }> {
  const { statuses = [] } = query
  const filters: string[] = []
  const names: Record<string, string> = {}
  const values: Item = {}
  for (const name of ["endpointId", "eventType"] as const) {
    if (query[name] === undefined) continue
    filters.push(`${name} = :${name}`)
    values[`:${name}`] = query[name]
  }
  // Undelivered deliveries have an index of their own, so that a few failures are found among a
  // hundred thousand successes.
  const isOpen = statuses.length > 0 && !statuses.includes("delivered")
  if (statuses.length > 0 && !isOpen) {
    filters.push(`#status IN (${statuses.map((_, index) => `:status${index}`).join(", ")})`)
    names["#status"] = "status"
    statuses.forEach((status, index) => (values[`:status${index}`] = status))
  }
  const before = query.before === undefined ? END : deliverySortFrom(query.before)
  const { items, next } = await readMerged(table, {
    index: isOpen ? OPEN_INDEX : null,
    partitions: isOpen ? openPartitions(tenant, statuses) : logPartitions(tenant, query.endpointId),
    from: query.after === undefined ? "0" : deliverySortFrom(query.after + 1),
    below: query.cursor !== undefined && query.cursor < before ? query.cursor : before,
    limit: query.limit,
    filters,
    isSelective: filters.length > 0,
    names,
    values,
    ...(isOpen && { attributes: KEY_ATTRIBUTES }),
  })
  const found = isOpen
    ? await readWhole(table, items as (Item & Key)[])
    : readItems(table, items, parseDelivery)
  // The index may lag slightly behind the item.
  const isWanted = (each: Delivery) => statuses.length === 0 || statuses.includes(each.status)
  return { items: found.filter((each) => isWanted(each) && !isExpired(each, table.now())), next }
}

/**
 * A page of the undelivered deliveries of an endpoint or the whole tenant, in no exact order, for a
 * job. Each index entry is read once.
 */
export async function listOpen(
  table: Table,
  tenant: string,
  query: Pick<DeliveryQuery, "endpointId" | "limit" | "cursor"> & { statuses: DeliveryStatus[] },
): Promise<{ items: Delivery[]; next: string | undefined }> {
  const { endpointId, statuses, limit, cursor } = query
  const { items, next } = await readSideBySide(table, {
    index: OPEN_INDEX,
    partitions: openPartitions(tenant, statuses),
    limit,
    cursor,
    ...(endpointId !== undefined && {
      filters: ["endpointId = :endpointId"],
      values: { ":endpointId": endpointId },
    }),
  })
  const found = await readWhole(table, items as (Item & Key)[])
  // The index may lag slightly behind the item.
  const isWanted = (each: Delivery) => statuses.includes(each.status)
  return { items: found.filter((each) => isWanted(each) && !isExpired(each, table.now())), next }
}

const OPEN_INDEX = { name: "open", partitionKey: "openKey" }

const openPartitions = (tenant: string, statuses: DeliveryStatus[]) =>
  statuses.flatMap((status) =>
    Array.from({ length: OPEN_SHARDS }, (_, shard) => openPartition(tenant, status, shard)),
  )

function logPartitions(tenant: string, endpointId: string | undefined): string[] {
  const shards =
    endpointId === undefined
      ? Array.from({ length: DELIVERY_SHARDS }, (_, shard) => shard)
      : shardsOfEndpoint(endpointId)
  return shards.map((shard) => deliveryPartition(tenant, shard))
}

// Sorts after all endpoint ids, so that an event's replays end exactly where this page ends.
const BEFORE_ENDPOINTS = "ep_~"

/**
 * A page of the deliveries of one event: its replays, newest first, then its first deliveries to
 * the given endpoints. The number of replays is unlimited, but a page is bounded. Pass `next` as
 * `cursor` for the next page.
 */
export async function deliveriesOfEvent(
  table: Table,
  tenant: string,
  event: { id: string; receivedAt: number },
  endpointIds: string[],
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ items: Delivery[]; next: string | undefined }> {
  const replays = cursor?.startsWith("ep_")
    ? { items: [], next: undefined }
    : await queryPage(table, {
        pk: replayPartition(tenant, event.id),
        prefix: "dlv_",
        limit,
        after: cursor,
      })
  const refs = replays.items.flatMap(({ sk }) => parseDeliveryId(sk as string) ?? [])
  let { next } = replays
  if (next === undefined) {
    const after = cursor?.startsWith("ep_") ? cursor : BEFORE_ENDPOINTS
    const left = endpointIds
      .filter((id) => id < after)
      .toSorted()
      .toReversed()
    const some = left.slice(0, limit - refs.length)
    refs.push(...some.map((endpointId) => deliveryRef(event.id, endpointId, event.receivedAt)))
    if (some.length < left.length) next = some.at(-1) ?? BEFORE_ENDPOINTS
  }
  const found = await readWhole(
    table,
    refs.map((ref) => deliveryKey(tenant, ref)),
  )
  return { items: found.sort((a, b) => (a.sk < b.sk ? 1 : -1)), next }
}

/**
 * The whole items with these keys, in the order of the keys, each once. Deleted ones are omitted.
 */
export async function readWhole(table: Table, places: Key[]): Promise<Delivery[]> {
  // An item whose status changes in the meantime is in two partitions of the index, and DynamoDB
  // refuses duplicate keys.
  const keys = [...new Map(places.map((key) => [`${key.pk}|${key.sk}`, key])).values()]
  const items = await getItems(table, keys)
  const found = new Map(
    readItems(table, items, parseDelivery).map((each) => [`${each.pk}|${each.sk}`, each]),
  )
  return keys.flatMap(({ pk, sk }) => found.get(`${pk}|${sk}`) ?? [])
}
