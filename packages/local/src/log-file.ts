import { appendFileSync, renameSync, statSync } from "node:fs"
import { type Log, makeLog } from "@ringback/collector/log"

const MAX_BYTES = 10 * 1_048_576
const LOOK_EVERY_MS = 60_000

/**
 * Limits the size of a log that others append to: above 10 MB it is renamed to `.1`, replacing the
 * previous one.
 */
export function keepLogSmall(path: string): { close: () => void } {
  const look = () => {
    try {
      const { size } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0 }
      if (size > MAX_BYTES) renameSync(path, `${path}.1`)
    } catch {
      // It keeps growing until a later check.
    }
  }
  look()
  const timer = setInterval(look, LOOK_EVERY_MS).unref()
  return { close: () => clearInterval(timer) }
}

/** Appends to a log file. If it cannot be written, the line is lost and `onError` is called. */
export function openLogFile(path: string, onError: (error: unknown) => void): Log {
  const append = (line: string) => {
    try {
      appendFileSync(path, line)
    } catch (error) {
      onError(error)
    }
  }
  return makeLog(append, Date.now)
}
