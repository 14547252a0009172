import type { Log } from "@ringback/collector/log"
import type { Story } from "./story.ts"

const QUIET_MS = 60_000

/** Says what keeps the workers from their work: each reason once a minute at the most. */
export function failuresTo(story: Pick<Story, "warn">, now = Date.now): (error: unknown) => void {
  const saidAt = new Map<string, number>()
  return (error) => {
    const reason = String(error)
    if (now() - (saidAt.get(reason) ?? -Infinity) < QUIET_MS) return
    saidAt.set(reason, now())
    story.warn(`Not all can be done now, and is tried again: ${reason}`)
  }
}

/** The collector's log, what a person must know of it said aloud. The demo's PBX ends and begins with us: no gap of it is news. */
export function loudly(
  story: Pick<Story, "say" | "warn">,
  log: Log,
  { isDemo }: { isDemo: boolean },
): Log {
  return (event, fields = {}) => {
    log(event, fields)
    const { alarm, reason } = fields
    if (isDemo && (event === "gap" || event.startsWith("session."))) return
    if (alarm) story.warn(typeof reason === "string" ? `${event}: ${reason}` : event)
    else if (event === "session.connected") story.say("Connected to the PBX.")
    else if (event === "queue.back") story.say("The queue takes messages again.")
  }
}
