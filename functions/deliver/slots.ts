import { takeSlots } from "@ringback/store/rate-slots"
import type { Table } from "@ringback/store/table"

/**
 * Takes a slot of an endpoint, `intervalMs` before the next one, and returns its time in epoch ms.
 */
export type TakeSlot = (tenant: string, endpointId: string, intervalMs: number) => Promise<number>

/**
 * The worker waits for a slot that is nearer than this. A delivery with a later slot waits in the
 * table.
 */
export const MAX_WAIT_MS = 1_500

type Asked = { intervalMs: number; settle: PromiseWithResolvers<number> }

/**
 * The slots of one invocation. What asks for a slot of an endpoint while another slot of it is
 * being taken is pooled: a batch of an endpoint's deliveries takes its slots in two writes.
 */
export function poolSlots(table: Table): TakeSlot {
  // An endpoint is listed while one of its slots is being taken, with what asks for the next ones.
  const waiting = new Map<string, Asked[]>()

  const pooled = (endpointId: string) => waiting.get(endpointId)?.splice(0) ?? []

  async function take(tenant: string, endpointId: string) {
    for (let group = pooled(endpointId); group.length > 0; group = pooled(endpointId)) {
      const widthMs = group.reduce((sum, { intervalMs }) => sum + intervalMs, 0)
      try {
        let at = await takeSlots(table, tenant, endpointId, 1, widthMs)
        for (const { intervalMs, settle } of group) {
          settle.resolve(at)
          at += intervalMs
        }
      } catch (error) {
        for (const { settle } of group) settle.reject(error)
      }
    }
    waiting.delete(endpointId)
  }

  return (tenant, endpointId, intervalMs) => {
    const settle = Promise.withResolvers<number>()
    const asked = { intervalMs: Math.ceil(intervalMs), settle }
    const others = waiting.get(endpointId)
    if (others) {
      others.push(asked)
    } else {
      waiting.set(endpointId, [asked])
      void take(tenant, endpointId)
    }
    return settle.promise
  }
}
