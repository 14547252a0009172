import type { DueEntry } from "@ringback/store/due"
import { tenantOf } from "@ringback/store/item-keys"

// More than a run can send for one endpoint. The rest is read again by the next run.
const MAX_OF_ENDPOINT = 25_000

/**
 * Due deliveries in round-robin order: the next endpoint of the next tenant, a few deliveries at a
 * time, the longest waiting first. So the backlog of one endpoint, however large, does not delay
 * another's retries.
 */
export class Turns {
  #tenants = new Map<string, Map<string, DueEntry[]>>()
  #left = 0
  /** The due time of the oldest delivery that was not kept in memory, epoch ms. */
  #passedOver = Infinity

  /** Deliveries in the order of their times, per shard. */
  add(entry: DueEntry): void {
    const tenant = tenantOf(entry)
    const endpoints = this.#tenants.get(tenant) ?? new Map<string, DueEntry[]>()
    const entries = endpoints.get(entry.endpointId) ?? []
    if (entries.length >= MAX_OF_ENDPOINT) {
      this.#passedOver = Math.min(this.#passedOver, entry.dueAt)
      return
    }
    entries.push(entry)
    endpoints.set(entry.endpointId, entries)
    this.#tenants.set(tenant, endpoints)
    this.#left++
  }

  /** All deliveries were added. From here on they are taken. */
  sort(): void {
    for (const endpoints of this.#tenants.values()) {
      for (const entries of endpoints.values()) entries.sort((a, b) => b.dueAt - a.dueAt)
    }
  }

  /**
   * Takes up to this many deliveries: of the endpoint whose turn it is, then of the next. Empty
   * once nothing is left.
   */
  take(count: number): DueEntry[] {
    const taken: DueEntry[] = []
    while (taken.length < count && this.#left > 0) taken.push(...this.#turn(count - taken.length))
    return taken
  }

  // An endpoint that had its turn goes to the end of the list.
  #turn(count: number): DueEntry[] {
    const [[tenant, endpoints]] = this.#tenants as unknown as [[string, Map<string, DueEntry[]>]]
    const [[endpointId, entries]] = endpoints as unknown as [[string, DueEntry[]]]
    const taken = entries.splice(-count).toReversed()
    this.#left -= taken.length
    endpoints.delete(endpointId)
    if (entries.length > 0) endpoints.set(endpointId, entries)
    this.#tenants.delete(tenant)
    if (endpoints.size > 0) this.#tenants.set(tenant, endpoints)
    return taken
  }

  get left(): number {
    return this.#left
  }

  /**
   * The due time of the longest waiting delivery that is left, epoch ms. Infinity if none is left.
   */
  get dueSince(): number {
    let since = this.#passedOver
    for (const endpoints of this.#tenants.values()) {
      for (const entries of endpoints.values()) since = Math.min(since, entries.at(-1)!.dueAt)
    }
    return since
  }
}
