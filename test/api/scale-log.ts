import { createHash, randomUUID } from "node:crypto"
import { DELIVERY_STATUSES } from "@ringback/store/delivery"
import * as Keys from "@ringback/store/item-keys"
import { packHeaders } from "@ringback/store/pack"

/** When the log ends, epoch ms. */
export const NOW = Date.now()
const WEEK_MS = 7 * 24 * 3600 * 1000
const expiresAt = Math.floor(NOW / 1000) + 86_400
const hashOf = (text: string) => createHash("sha256").update(text).digest().subarray(0, 12)

/** A delivery and its event, written as the workers do, all within the last week. */
export function entries(tenant: string, endpointIds: string[], sourceId: string, index: number) {
  const receivedAt = NOW - Math.floor((index * 7919) % WEEK_MS)
  const uuid = randomUUID()
  const eventKey = Keys.eventKey(tenant, BigInt(receivedAt) * 1_000_000n, hashOf(uuid))
  const eventId = Keys.eventIdOf(eventKey)
  const endpointId = endpointIds[index % endpointIds.length]!
  const ref = Keys.deliveryRef(eventId, endpointId, receivedAt)
  // One in ten did not arrive, or not yet.
  const turn = Math.floor(index / 10) + Math.floor(index / 1000)
  const status = index % 10 === 3 ? DELIVERY_STATUSES[turn % 5]! : "delivered"
  const type = index % 10 === 0 ? "dialing.deleted" : "dialing.updated"
  const headers = packHeaders([
    ["Event", type === "dialing.deleted" ? "OutDialingDelete" : "OutDialingUpdate"],
    ["Uuid", uuid],
  ])
  const attempt = {
    id: "att_x",
    at: receivedAt,
    statusCode: 204,
    durationMs: index % 100,
    error: null,
    responseBody: null,
  }
  return {
    uuid,
    items: [
      {
        ...eventKey,
        type,
        source: sourceId,
        uuid,
        message: "m",
        receivedAt,
        claimedAt: receivedAt,
        ...headers,
        expiresAt,
      },
      {
        ...Keys.deliveryKey(tenant, ref),
        endpointId,
        eventId,
        eventType: type,
        status,
        turn: 1,
        attemptCount: 1,
        attempts: status === "delivered" ? [attempt] : [],
        expiresAt,
        ...(status !== "delivered" && { openKey: Keys.openKeyOf(tenant, status, ref) }),
      },
    ],
  }
}
