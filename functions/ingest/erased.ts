import type { HeaderPair } from "@ringback/events/header"
import { namedIn } from "@ringback/events/named"
import { eventNameIn } from "@ringback/events/header"
import { parseEventName } from "@ringback/events/ami-event-kinds"
import * as Erasure from "@ringback/store/erasure"
import type { Table } from "@ringback/store/table"
import type { Cache } from "../runtime/cache.ts"

export type ErasedDeps = {
  table: Table
  /** Whether a tenant has erasures, at most ten seconds old. */
  erased: Cache<Erasure.Marker>
}

/**
 * Whether an event is about an erased person or call, so that it is stored without its content. A
 * call that is made for an erased row is erased itself, within a limit: its last event may have
 * only the call's Uuid. Of a tenant with erasures each event costs one read.
 */
export async function erasureOf(
  { table, erased: cache }: ErasedDeps,
  tenant: string,
  headers: readonly HeaderPair[],
): Promise<boolean> {
  const { isAny, fullOn } = await cache.get(tenant, () => Erasure.readMarker(table, tenant))
  if (!isAny) return false
  const named = namedIn(headers)
  const erased = await Erasure.find(table, tenant, Erasure.hashesOf(named))
  if (erased.size === 0) return false
  for (const [hash, expiresAt] of erased)
    if (Erasure.isHalfOver(table, expiresAt)) await Erasure.addAnother(table, tenant, hash)
  const isCall = parseEventName(eventNameIn(headers) ?? "")?.kind === "dialing"
  const own = isCall && named.subject !== null && Erasure.hashOfName("uuid", named.subject)
  const today = Erasure.dayOf(table)
  if (own && !erased.has(own) && fullOn !== today) {
    if (!(await Erasure.addLinked(table, tenant, own)))
      cache.amend(tenant, (marker) => ({ ...marker, fullOn: today }))
  }
  return true
}
