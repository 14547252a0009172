import { renameSync, statSync } from "node:fs"

const MAX_BYTES = 10 * 1_048_576
const LOOK_EVERY_MS = 60_000

/** Keeps a log that others append to from growing for ever: above 10 MB it becomes `.1`, and that is replaced. */
export function keepLogSmall(path: string): { close: () => void } {
  const look = () => {
    const { size } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0 }
    if (size > MAX_BYTES) renameSync(path, `${path}.1`)
  }
  look()
  const timer = setInterval(look, LOOK_EVERY_MS).unref()
  return { close: () => clearInterval(timer) }
}
