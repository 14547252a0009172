import type { Partition, Write } from "../aws/partitions.ts"
import type { Delivery } from "./delivery.ts"
import type { Sim } from "./sim.ts"

// A write's units: those of the item, and those of its entries in the indexes `due` and `open`. An entry whose key changes
// is deleted and made anew: two units. An entry in `open` has nothing that an attempt changes. An item is mostly under a
// kilobyte: its attempts are compressed together.

type Place = "none" | "common" | "parked"

const placeOf = ({ dueAt, isParked }: Delivery): Place =>
  isParked ? "parked" : dueAt === undefined ? "none" : "common"

/** Writes a delivery's item. False: the write was refused. */
export function writeDelivery(
  sim: Sim,
  delivery: Delivery,
  to: Place,
  now: number,
): { isWritten: boolean; waitMs: number } {
  const { endpoint, dueShard } = delivery
  const { tenant } = endpoint
  const was = placeOf(delivery)
  const write: [Partition, number][] = [itemOf(sim, delivery)]
  const dueUnits = Number(was !== "none") + Number(to !== "none")
  if (dueUnits > 0) {
    const common = sim.dueShards[dueShard]!
    const parking = endpoint.parking[dueShard % endpoint.parking.length]!
    const partitionOf = (place: Place) => (place === "parked" ? parking : common)
    if (was !== "none") write.push([partitionOf(was), 1])
    if (to !== "none") write.push([partitionOf(to), 1])
    if (was === "none" || to === "none")
      write.push([tenant.pending[dueShard % tenant.pending.length]!, 1])
  }
  const waitMs = put(sim, write, now)
  if (waitMs === undefined) sim.tally.refusedWrites++
  else delivery.hasItem = true
  return { isWritten: waitMs !== undefined, waitMs: waitMs ?? 0 }
}

/** Writes a delivery's item without a change of its entries. False: the write was refused. */
export function writeItem(sim: Sim, delivery: Delivery, now: number): boolean {
  const isWritten = put(sim, [itemOf(sim, delivery)], now) !== undefined
  if (!isWritten) sim.tally.refusedWrites++
  return isWritten
}

const itemOf = (sim: Sim, { endpoint }: Delivery): [Partition, number] => [
  endpoint.log[sim.random.below(2)]!,
  1,
]

/** Any write, charged. */
export function put(sim: Sim, write: Write, now: number): number | undefined {
  const waitMs = sim.table.write(write, now)
  for (const [, units] of write) if (waitMs !== undefined) sim.usage.writeUnits += units
  return waitMs
}
