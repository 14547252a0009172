import { changeKey, changesPartition } from "@ringback/store/item-keys"
import type { Instance } from "../aws/fleet.ts"
import type { Partition, Table } from "../aws/partitions.ts"
import type { Usage } from "../aws/usage.ts"
import type { Tenant } from "./tenants.ts"

// functions/runtime/changes.ts and cache.ts: what a process has read stands for ten seconds, and for half an hour where
// no change was announced. All instances ask for announcements every five seconds, in one partition.

const CACHED_MS = 10_000
const ASK_EVERY_MS = CACHED_MS / 2
const SETTLED_MS = 60_000
const KEPT_MS = 30 * 60_000
const READ_UNIT_BYTES = 4096
/** The names of the attributes, and `expiresAt`. */
const OVERHEAD_BYTES = 40

export const IS_WELL = 1
export const IS_OPEN = 2

/** One thing that a process keeps. `units`: of reading it anew. `look`: what is read. */
export type Kept = { number: number; tenant: Tenant; units: number; look: () => number }

export class Changes {
  readonly #table: Table
  readonly #usage: Usage
  readonly partition: Partition
  #announced: number[] = []
  refused = 0
  /** Announcements that no read unit was left for. */
  unanswered = 0
  bytes = 0

  constructor(table: Table, usage: Usage) {
    this.#table = table
    this.#usage = usage
    this.partition = table.partition(changesPartition)
  }

  get count(): number {
    return this.#announced.length
  }

  /** False: it could not be announced, so the change must not be made. */
  announce(tenant: Tenant, now: number): boolean {
    this.#usage.writeUnits++
    if (this.#table.write([[this.partition, 1]], now) === undefined) {
      this.refused++
      return false
    }
    this.#announced.push(now)
    this.bytes = changeKey(now, tenant.id).sk.length + OVERHEAD_BYTES
    tenant.changedAt = now
    return true
  }

  /** Reads what an instance does not know, or no longer. */
  refresh(instance: Instance, all: Iterable<Kept>, now: number): { isRead: boolean } {
    let isRead = false
    let isAsked: boolean | undefined
    for (const { number, tenant, units, look } of all) {
      const readAt = instance.readAt[number]!
      const age = now - readAt
      if (age < CACHED_MS) continue
      if (age < KEPT_MS && (instance.said[number]! & IS_WELL) !== 0) {
        isAsked ??= this.#ask(instance, now)
        if (isAsked && readAt > tenant.changedAt + SETTLED_MS) continue
      }
      isRead = true
      this.#usage.readUnits += units
      this.#table.read(tenant.own, units, now)
      instance.readAt[number] = now
      instance.said[number] = look()
    }
    return { isRead }
  }

  #ask(instance: Instance, now: number): boolean {
    if (now - instance.askedAt < ASK_EVERY_MS) return true
    const since =
      (now - instance.askedAt >= KEPT_MS ? now - KEPT_MS : instance.askedAt) - SETTLED_MS
    const bytes = this.#countSince(since) * this.bytes
    const units = Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES))
    if (this.#table.read(this.partition, units, now) === undefined) {
      this.unanswered++
      return false
    }
    this.#usage.readUnits += units
    instance.askedAt = now
    return true
  }

  #countSince(since: number): number {
    let [low, high] = [0, this.#announced.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#announced[middle]! >= since) high = middle
      else low = middle + 1
    }
    return this.#announced.length - low
  }
}
