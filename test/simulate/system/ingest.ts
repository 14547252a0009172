import { DUE_SHARDS } from "@ringback/store/item-keys"
import { assumed } from "../aws/assumptions.ts"
import type { Handle } from "../aws/event-source.ts"
import { messageOf, newDelivery, type Message } from "./delivery.ts"
import type { Outgoing } from "../aws/queue.ts"
import type { Sim, Told } from "./sim.ts"
import { put } from "./writes.ts"
import { charge } from "./units.ts"

const CPU_MS = assumed("ingestCpuMs") / assumed("ingestCores")
const TABLE_MS = assumed("tableMs")
const SQS_MS = assumed("sqsMs")
// Source, endpoints, erasures: half a unit each, eventually consistent.
const TENANT_UNITS = 1.5

/** functions/ingest.ts for a batch: what is known of the tenants, a claim for each event, the fan-out. */
export const ingest =
  (sim: Sim): Handle<Told> =>
  (batch, instance, startsAt) => {
    const { usage, tally, changes, queues, random } = sim
    const known = batch.map(({ tenant }) => ({
      number: tenant.number,
      tenant,
      units: TENANT_UNITS,
      look: () => 1,
    }))
    const { isRead } = changes.refresh(instance, known, startsAt)
    const readyAt = startsAt + (isRead ? TABLE_MS : 0) + batch.length * CPU_MS
    let claimedAt = readyAt + TABLE_MS
    const outgoing: Outgoing<Message>[] = []
    for (const told of batch) {
      const { tenant, bornAt } = told
      const waitMs = put(sim, [[tenant.events[random.below(tenant.events.length)]!, 1]], readyAt)
      if (waitMs === undefined) {
        // It stays in the queue until it is visible again.
        tally.refusedWrites++
        const { Ingest } = queues
        Ingest.send([{ message: told, group: tenant.group }], readyAt, Ingest.visibilityMs)
        continue
      }
      claimedAt = Math.max(claimedAt, readyAt + TABLE_MS + waitMs)
      for (const endpoint of tenant.endpoints) {
        tally.wanted++
        const delivery = newDelivery(endpoint, bornAt, random.below(DUE_SHARDS))
        outgoing.push({ message: messageOf(delivery), group: endpoint })
      }
    }
    queues.Delivery.send(outgoing, claimedAt)
    usage.sqsRequests += Math.ceil(outgoing.length / 10)
    charge(usage, "event", batch.length)
    return claimedAt + SQS_MS
  }
