import pMap from "p-map"
import * as Delivery from "@ringback/store/delivery"
import { parkingShardOf } from "@ringback/store/due"
import { deliveryRef } from "@ringback/store/item-keys"
import type { World } from "../harness/world.ts"

export type Planned = { at: number; shard?: string }

/** Deliveries of one stored event to an endpoint, each due when it is told. */
export async function planMany(
  world: World,
  endpointId: string,
  count: number,
  planned: (index: number) => Planned,
) {
  const { table } = world.deps
  const { tenant } = world.customer
  await world.say()
  await world.pump()
  const [{ eventId, eventType }] = (await world.deliveries({ endpointId })) as [Delivery.Delivery]
  const planOne = async (index: number) => {
    const ref = deliveryRef(eventId, endpointId, world.now(), `plan ${index}`)
    const facts = { tenant, ref, endpointId, eventId, eventType }
    const { at, shard } = planned(index)
    await Delivery.advance(table, facts, 0, {
      status: "pending",
      keepsTurn: true,
      due: { at, nextAt: at, ...(shard ? { shard: parkingShardOf(endpointId, ref) } : {}) },
    })
  }
  await pMap([...Array(count).keys()], planOne, { concurrency: 40 })
}
