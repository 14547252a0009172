import { EVENT_EXPIRED } from "@ringback/store/delivery"
import type { StoredEvent } from "@ringback/store/event"
import type { Stop } from "../endpoint/availability.ts"

/** The status of a delivery whose event was about an erased person or call. */
export const ERASED: Stop = { status: "discarded", reason: "erased" }

/** The outcome of a delivery whose event is no longer stored. */
export const EXPIRED = { status: "failed", reason: EVENT_EXPIRED } as const

/** Why an event is sent to no endpoint. Undefined if it is sent to its subscribers. */
export function stopForEvent({
  erased,
  refuted,
}: Pick<StoredEvent, "erased" | "refuted">): Stop | undefined {
  if (erased) return ERASED
  return refuted === undefined ? undefined : { status: "discarded", reason: refuted }
}
