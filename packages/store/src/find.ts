import { isId, parseEventId } from "@ringback/events/ids"
import {
  apiKeyKey,
  deliveryKey,
  endpointKey,
  eventKey,
  parseDeliveryId,
  sourceKey,
  tenantKey,
  tenantOf,
  type Key,
} from "./item-keys.ts"
import { getItems, type Item } from "./item.ts"
import { isTombstone, queryAll } from "./live-item.ts"
import { isExpired, type Table } from "./table.ts"

export const FOUND_KINDS = ["tenant", "source", "endpoint", "key", "event", "delivery"] as const
export type FoundKind = (typeof FOUND_KINDS)[number]

/** A search result. */
export type Found = { kind: FoundKind; id: string; tenant: string; name: string | null }

type Place = { kind: FoundKind; keyIn: (tenant: string) => Key }

/** The key of the resource with this id, for any tenant. Undefined if it is not an id. */
function placeOf(id: string): Place | undefined {
  if (isId("ten", id)) return { kind: "tenant", keyIn: () => tenantKey(id) }
  if (isId("src", id)) return { kind: "source", keyIn: (tenant) => sourceKey(tenant, id) }
  if (isId("ep", id)) return { kind: "endpoint", keyIn: (tenant) => endpointKey(tenant, id) }
  if (isId("key", id)) return { kind: "key", keyIn: (tenant) => apiKeyKey(tenant, id) }
  const event = parseEventId(id)
  if (event) {
    const { timeNanos, hash } = event
    return { kind: "event", keyIn: (tenant) => eventKey(tenant, timeNanos, hash) }
  }
  const delivery = parseDeliveryId(id)
  if (delivery) return { kind: "delivery", keyIn: (tenant) => deliveryKey(tenant, delivery) }
  return undefined
}

export const isFindableId = (text: string) => placeOf(text) !== undefined

/**
 * The resource with this id in one of these tenants. An id does not contain its tenant, so each is
 * tried: one request per hundred tenants.
 */
export async function findById(table: Table, tenants: string[], id: string): Promise<Found[]> {
  const place = placeOf(id)
  if (!place) return []
  const all = place.kind === "tenant" ? [id] : tenants
  const items = await getItems(
    table,
    all.map((tenant) => place.keyIn(tenant)),
  )
  const living = items.filter((item) => !isTombstone(item) && !isExpired(item, table.now()))
  return living.map((item) => ({
    kind: place.kind,
    id,
    tenant: place.kind === "tenant" ? id : tenantOf(item as Item & Key),
    name: nameOf(item),
  }))
}

const nameOf = ({ name, url, type, eventType }: Item): string | null => {
  const text = name ?? url ?? type ?? eventType
  return typeof text === "string" ? text : null
}

/**
 * A tenant's sources and endpoints whose name, URL or description contains this lower-case text.
 */
export async function findText(table: Table, tenant: string, text: string): Promise<Found[]> {
  const [sources, endpoints] = await Promise.all([
    queryAll(table, tenant, "SRC#", ["id", "name"]),
    queryAll(table, tenant, "EP#", ["id", "url", "description"]),
  ])
  const holds = (value: unknown) => typeof value === "string" && value.toLowerCase().includes(text)
  return [
    ...sources
      .filter(({ name }) => holds(name))
      .map((item) => ({
        kind: "source" as const,
        id: String(item["id"]),
        tenant,
        name: nameOf(item),
      })),
    ...endpoints
      .filter(({ url, description }) => holds(url) || holds(description))
      .map((item) => ({
        kind: "endpoint" as const,
        id: String(item["id"]),
        tenant,
        name: nameOf(item),
      })),
  ]
}
