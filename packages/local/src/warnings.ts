import type { Log } from "@ringback/collector/log"
import type { TerminalOutput } from "./terminal-output.ts"

const QUIET_MS = 60_000
const MAX_REASON = 200

/** An error's message without the rest of a request that may follow, with its credentials. */
export const firstLine = (text: string): string => text.split("\n")[0]!.slice(0, MAX_REASON)

/** Reports errors in one line each, and each reason at most once a minute. */
export function failuresTo(
  output: Pick<TerminalOutput, "warn">,
  words: string,
  now = Date.now,
): (error: unknown) => void {
  const saidAt = new Map<string, number>()
  return (error) => {
    const reason = firstLine(String(error))
    for (const [old, at] of saidAt) if (now() - at >= QUIET_MS) saidAt.delete(old)
    if (saidAt.has(reason)) return
    saidAt.set(reason, now())
    output.warn(`${words}: ${reason}`)
  }
}

/**
 * The collector's log, with the lines that people need also shown on the terminal. The demo's PBX
 * starts and ends with this process, so its gaps are not reported.
 */
export function withWarnings(
  output: Pick<TerminalOutput, "say" | "warn">,
  log: Log,
  { isDemo }: { isDemo: boolean },
): Log {
  return (event, fields = {}) => {
    log(event, fields)
    const { alarm, reason, fix } = fields
    if (isDemo && /^(gap$|session\.|lists\.)/.test(event)) return
    // Fixable findings are shown as well, although the collector works without a fix.
    const words = [reason, fix].filter((each) => typeof each === "string").join("; fix: ")
    if (alarm && event === "gap") {
      const { from, to } = fields as Record<string, string>
      output.warn(`gap: ${String(reason)}, the PBX was not read from ${from} to ${to}`)
    } else if (alarm || fix) output.warn(words === "" ? event : `${event}: ${words}`)
    else if (event === "session.connected") output.say("Connected to the PBX.")
    else if (event === "queue.reachable") output.say("The queue is reachable again.")
  }
}
