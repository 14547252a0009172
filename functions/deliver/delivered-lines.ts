import type { Log } from "../runtime/log.ts"

export type Delivered = {
  deliveryId: string
  eventId: string
  statusCode: number | null
  durationMs: number
  /** From the collector's receipt of the event to the receiver's response. */
  edgeToReceiverMs: number
}

export type DeliveredLines = {
  add: (endpoint: { tenant: string; id: string }, delivered: Delivered) => void
  /** Logs what was added since the last time. */
  flush: () => void
}

// CloudWatch charges for each byte. If every delivery had its own line, most of the line would be
// the same for all deliveries of a batch to one endpoint.

/** The log lines of deliveries that succeeded at once: one for each endpoint of a batch. */
export function makeDeliveredLines(log: Log): DeliveredLines {
  let lines = new Map<string, { tenant: string; endpointId: string; all: Delivered[] }>()
  return {
    add({ tenant, id: endpointId }, delivered) {
      const line = lines.get(endpointId) ?? { tenant, endpointId, all: [] }
      line.all.push(delivered)
      lines.set(endpointId, line)
    },
    flush() {
      const written = lines
      lines = new Map()
      for (const { tenant, endpointId, all } of written.values()) {
        log("batch.delivered", {
          tenant,
          endpointId,
          delivered: all.length,
          deliveries: all.map(({ deliveryId }) => deliveryId),
          events: all.map(({ eventId }) => eventId),
          statusCodes: all.map(({ statusCode }) => statusCode),
          durationsMs: all.map(({ durationMs }) => durationMs),
          // The slowest one.
          edgeToReceiverMs: Math.max(...all.map(({ edgeToReceiverMs }) => edgeToReceiverMs)),
        })
      }
    },
  }
}
