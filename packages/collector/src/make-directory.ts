import { mkdirSync, statSync } from "node:fs"
import { dirname } from "node:path"

/**
 * A directory with those above it, for its owner alone. Step by step: in /proc, where a directory can be neither found nor
 * made, Node's own `recursive` never ends.
 */
export function makeDirectory(path: string): void {
  if (make(path)) return
  const parent = dirname(path)
  if (parent !== path) makeDirectory(parent)
  if (!make(path)) throw Object.assign(new Error(`${path} cannot be made`), { code: "ENOENT" })
}

/** False where what is above it is missing. */
function make(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 })
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === "ENOENT") return false
    if (code === "EEXIST" && isDirectory(path)) return true
    throw error
  }
}

const isDirectory = (path: string) =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
