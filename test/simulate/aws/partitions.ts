import { assumed } from "./assumptions.ts"

// The throughput of DynamoDB's keys and of the table as a whole. A write is done at once, or as soon as there is room for
// it, or it is refused: the SDK's few attempts do not sit out more.

const KEY_WRITES = assumed("keyWriteUnits")
const KEY_READS = assumed("keyReadUnits")
const PATIENCE_MS = assumed("throttlePatienceMs")
const SECOND = 1000
const HALF_HOUR = 30 * 60 * SECOND
const PLACES = 8

/** So many units in each second of the clock. What is asked for need not come in the order of time. */
class Allowance {
  // The last seconds, each in its own place. A time further ahead begins a place anew.
  #seconds: number[] = []
  #used: number[] = []

  /** How long until there is room for this many units, of so many a second. */
  waitFor(units: number, perSecond: number, now: number): number {
    const second = Math.floor(now / SECOND)
    if (this.#usedIn(second) + units <= perSecond) return 0
    for (let later = second + 1; ; later++) {
      if (later * SECOND - now > PATIENCE_MS || this.#usedIn(later) + units <= perSecond)
        return later * SECOND - now
    }
  }

  /** The units used in that second, these included. */
  use(units: number, now: number): number {
    const second = Math.floor(now / SECOND)
    const used = this.#usedIn(second) + units
    this.#seconds[second % PLACES] = second
    this.#used[second % PLACES] = used
    return used
  }

  #usedIn(second: number): number {
    return this.#seconds[second % PLACES] === second ? this.#used[second % PLACES]! : 0
  }
}

/** All items of one partition key, in the table or in an index. */
export class Partition {
  readonly name: string
  readonly writing = new Allowance()
  readonly reading = new Allowance()
  throttles = 0
  /** Units of the busiest second. */
  peak = { writes: 0, reads: 0 }

  constructor(name: string) {
    this.name = name
  }
}

/** The whole table's allowance: what is warm, then twice the highest minute before. */
class Ceiling {
  #perSecond: number
  #allowance = new Allowance()
  #minute = { from: 0, units: 0 }
  #highest = 0
  #grownAt = 0
  throttles = 0
  units = 0

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  waitFor(units: number, now: number): number {
    return this.#allowance.waitFor(units, this.#perSecond, now)
  }

  use(units: number, now: number): void {
    if (now - this.#minute.from >= 60 * SECOND) {
      this.#highest = Math.max(this.#highest, this.#minute.units / 60)
      this.#minute = { from: now, units: 0 }
    }
    if (now - this.#grownAt >= HALF_HOUR) {
      this.#perSecond = Math.max(this.#perSecond, 2 * this.#highest)
      this.#grownAt = now
    }
    this.#minute.units += units
    this.units += units
    this.#allowance.use(units, now)
  }

  /** Units a second, of the busiest minute. */
  get highest(): number {
    return Math.max(this.#highest, this.#minute.units / 60)
  }
}

/** One write: the item's units, and those of its entries in indexes, which hold it up when they are throttled. */
export type Write = readonly (readonly [partition: Partition, units: number])[]

export class Table {
  readonly writes: Ceiling
  readonly reads: Ceiling
  #partitions = new Map<string, Partition>()

  constructor({ warmWriteUnits = 0, warmReadUnits = 0 } = {}) {
    this.writes = new Ceiling(Math.max(warmWriteUnits, assumed("tableWriteUnits")))
    this.reads = new Ceiling(Math.max(warmReadUnits, assumed("tableReadUnits")))
  }

  partition(name: string): Partition {
    const found = this.#partitions.get(name)
    if (found) return found
    const made = new Partition(name)
    this.#partitions.set(name, made)
    return made
  }

  /** How long the write waits for room, in ms. Undefined: it is refused. */
  write(write: Write, now: number): number | undefined {
    let units = 0
    let waitMs = 0
    for (const [partition, count] of write) {
      units += count
      const keyMs = partition.writing.waitFor(count, KEY_WRITES, now)
      if (keyMs > 0) partition.throttles++
      waitMs = Math.max(waitMs, keyMs)
    }
    const tableMs = this.writes.waitFor(units, now)
    if (tableMs > 0) this.writes.throttles++
    waitMs = Math.max(waitMs, tableMs)
    if (waitMs > PATIENCE_MS) return undefined
    this.writes.use(units, now + waitMs)
    for (const [partition, count] of write) {
      const used = partition.writing.use(count, now + waitMs)
      partition.peak.writes = Math.max(partition.peak.writes, used)
    }
    return waitMs
  }

  read(partition: Partition, units: number, now: number): number | undefined {
    const keyMs = partition.reading.waitFor(units, KEY_READS, now)
    const tableMs = this.reads.waitFor(units, now)
    if (keyMs > 0) partition.throttles++
    if (tableMs > 0) this.reads.throttles++
    const waitMs = Math.max(keyMs, tableMs)
    if (waitMs > PATIENCE_MS) return undefined
    this.reads.use(units, now + waitMs)
    const used = partition.reading.use(units, now + waitMs)
    partition.peak.reads = Math.max(partition.peak.reads, used)
    return waitMs
  }

  get throttles(): number {
    let all = this.writes.throttles + this.reads.throttles
    for (const { throttles } of this.#partitions.values()) all += throttles
    return all
  }

  /** The keys that were used most, as a share of what one key takes in a second. */
  hottest(count: number): { name: string; share: number; throttles: number }[] {
    return [...this.#partitions.values()]
      .map(({ name, peak, throttles }) => {
        const share = Math.max(
          peak.writes / assumed("keyWriteUnits"),
          peak.reads / assumed("keyReadUnits"),
        )
        return { name, share, throttles }
      })
      .sort((a, b) => b.throttles - a.throttles || b.share - a.share)
      .slice(0, count)
  }
}
