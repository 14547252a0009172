import type { DueEntry } from "@ringback/store/due"
import { tenantOf } from "@ringback/store/keys"

// More than a run can send of one endpoint: what is beyond it is read again by the next.
const MAX_OF_ENDPOINT = 25_000

/**
 * What is due, taken in turns: the next endpoint of the next tenant, a few of its deliveries at a time, the longest waiting
 * first. So a backlog of one endpoint, however large, holds up no other's retries.
 */
export class Turns {
  #tenants = new Map<string, Map<string, DueEntry[]>>()
  #left = 0
  /** Since when what was not even kept has been due, epoch ms. */
  #passedOver = Infinity

  /** In the order of their times, for each shard that they are read from. */
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

  /** All is there: from here on it is taken. */
  sort(): void {
    for (const endpoints of this.#tenants.values()) {
      for (const entries of endpoints.values()) entries.sort((a, b) => b.dueAt - a.dueAt)
    }
  }

  /** Up to so many: of the endpoint whose turn it is, then of the next; empty once nothing is left. */
  take(count: number): DueEntry[] {
    const taken: DueEntry[] = []
    while (taken.length < count && this.#left > 0) taken.push(...this.#turn(count - taken.length))
    return taken
  }

  // Whoever had a turn goes to the end of the line.
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

  /** Since when the longest waiting of what is left has been due, epoch ms; Infinity where nothing is. */
  get dueSince(): number {
    let since = this.#passedOver
    for (const endpoints of this.#tenants.values()) {
      for (const entries of endpoints.values()) since = Math.min(since, entries.at(-1)!.dueAt)
    }
    return since
  }
}
