import type { StoredEvent } from "@ringback/store/event"
import { stopForEvent } from "../dispatch/event-stop.ts"
import { ProblemError } from "./problem.ts"

/** Throws a problem if the event must not be sent to any endpoint. */
export function assertSendable(event: StoredEvent): void {
  const stop = stopForEvent(event)
  if (!stop) return
  const detail = event.erased ? "Its content was erased." : `It was refuted: ${stop.reason ?? ""}.`
  throw new ProblemError("conflict.state", detail)
}
