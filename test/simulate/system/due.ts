import { DUE_SHARDS } from "@ringback/store/item-keys"
import type { Delivery } from "./delivery.ts"

const MINUTE = 60_000

/** The index `due` in its common shards, by minute. */
export class DueIndex {
  #shards = Array.from({ length: DUE_SHARDS }, () => new Map<number, Delivery[]>())

  put(delivery: Delivery, at: number): void {
    delivery.dueAt = at
    delivery.isParked = false
    const shard = this.#shards[delivery.dueShard]!
    const minute = Math.floor(at / MINUTE)
    const entries = shard.get(minute)
    if (entries) entries.push(delivery)
    else shard.set(minute, [delivery])
  }

  /** What is due by then, in no order. It stays until it is moved. */
  list(shard: number, until: number): Delivery[] {
    const minutes = this.#shards[shard]!
    const due = new Set<Delivery>()
    for (const [minute, entries] of minutes) {
      if (minute * MINUTE > until) continue
      // An entry that was moved is left behind here, and forgotten now.
      const left = entries.filter((each) => isAt(each, shard, minute))
      if (left.length === 0) minutes.delete(minute)
      else minutes.set(minute, left)
      for (const each of left) if (each.dueAt! <= until) due.add(each)
    }
    return [...due]
  }
}

const isAt = ({ dueAt, dueShard, isParked, status }: Delivery, shard: number, minute: number) =>
  status === "pending" &&
  !isParked &&
  dueShard === shard &&
  dueAt !== undefined &&
  Math.floor(dueAt / MINUTE) === minute
