import type { StoredEvent } from "@ringback/store/event"
import type { Stop } from "../endpoint/availability.ts"

/** What becomes of a delivery whose event told of somebody who was erased. */
export const ERASED: Stop = { status: "discarded", reason: "erased" }

/** Why nobody gets an event; undefined where those get it that want it. */
export function stopForEvent({
  erased,
  refuted,
}: Pick<StoredEvent, "erased" | "refuted">): Stop | undefined {
  if (erased) return ERASED
  return refuted === undefined ? undefined : { status: "discarded", reason: refuted }
}
