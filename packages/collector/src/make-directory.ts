import { mkdirSync, statSync } from "node:fs"
import { dirname } from "node:path"

/**
 * Creates a directory and its parents, accessible to the owner only. Done step by step, because
 * Node's `recursive` option never ends in /proc.
 */
export function makeDirectory(path: string): void {
  if (make(path)) return
  const parent = dirname(path)
  if (parent !== path) makeDirectory(parent)
  if (!make(path)) throw Object.assign(new Error(`${path} cannot be created`), { code: "ENOENT" })
}

/** False if the parent directory does not exist. */
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
