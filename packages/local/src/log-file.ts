import { appendFileSync, renameSync, statSync } from "node:fs"
import { type Log, makeLog } from "@ringback/collector/log"

const MAX_BYTES = 10 * 1_048_576
const LOOK_EVERY_MS = 60_000

/** Keeps a log that others append to from growing for ever: above 10 MB it becomes `.1`, and that is replaced. */
export function keepLogSmall(path: string): { close: () => void } {
  const look = () => {
    try {
      const { size } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0 }
      if (size > MAX_BYTES) renameSync(path, `${path}.1`)
    } catch {
      // It goes on growing until a later look.
    }
  }
  look()
  const timer = setInterval(look, LOOK_EVERY_MS).unref()
  return { close: () => clearInterval(timer) }
}

/** A log at the end of a file. Where that cannot be written a line is lost, and `onError` told. */
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
