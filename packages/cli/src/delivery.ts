import { localTime } from "./time.ts"

export type Delivery = {
  id: string
  eventId: string
  eventType: string
  endpointId: string
  status: string
  attemptCount: number
  nextAttemptAt: string | null
  createdAt: string
}

export const deliveryTitles = ["received", "event", "status", "tries", "next", "endpoint", "id"]

/** A delivery as a row under the titles. */
export const deliveryRow = (delivery: Delivery): string[] => [
  localTime(delivery.createdAt),
  delivery.eventType,
  delivery.status,
  `${delivery.attemptCount}`,
  delivery.nextAttemptAt === null ? "" : localTime(delivery.nextAttemptAt),
  delivery.endpointId,
  delivery.id,
]
