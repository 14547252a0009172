import type { HeaderPair } from "@ringback/events/header"
import { namedIn } from "@ringback/events/named"
import { eventNameIn } from "@ringback/events/header"
import { parseEventName } from "@ringback/events/record-kind"
import * as Erasure from "@ringback/store/erasure"
import type { Table } from "@ringback/store/table"
import type { Cache } from "../runtime/cache.ts"

export type ErasedDeps = {
  table: Table
  /** Each tenant's erasures, at most ten seconds old. */
  erased: Cache<Erasure.Erased>
}

/**
 * Whether an event is about an erased person or call, so that it is stored without its content. A
 * call that is made for an erased row is erased itself: its last event may have only the call's
 * Uuid.
 */
export async function erasureOf(
  { table, erased: cache }: ErasedDeps,
  tenant: string,
  headers: readonly HeaderPair[],
): Promise<boolean> {
  const erased = await cache.get(tenant, () => Erasure.list(table, tenant))
  if (erased.size === 0) return false
  const named = namedIn(headers)
  const hash = Erasure.erasedIn(erased, named)
  if (hash === undefined) return false
  if (Erasure.isHalfOver(table, erased.get(hash)!)) await Erasure.remember(table, tenant, hash)
  const isCall = parseEventName(eventNameIn(headers) ?? "")?.kind === "dialing"
  const own = isCall && named.subject !== null && Erasure.hashOfName("uuid", named.subject)
  if (own && !erased.has(own)) {
    await Erasure.remember(table, tenant, own)
    erased.set(own, Infinity)
  }
  return true
}
