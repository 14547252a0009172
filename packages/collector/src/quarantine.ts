import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Refusal } from "./batch.ts"
import { makeDirectory } from "./make-directory.ts"

// Limits disk use if the queue refuses everything. Further messages are only reported.
const MAX_FILES = 1_000

/**
 * Stores messages that the queue refuses permanently, for inspection. Returns the file path, or
 * undefined at the limit.
 */
export function quarantine(
  dir: string,
  json: string,
  refusal: Refusal,
  at: number,
): string | undefined {
  const folder = join(dir, "quarantine")
  try {
    makeDirectory(folder)
    if (readdirSync(folder).length >= MAX_FILES) return undefined
    const { id } = JSON.parse(json) as { id: string }
    const path = join(folder, `${id}.json`)
    const head = JSON.stringify({ at: new Date(at).toISOString(), ...refusal }).slice(0, -1)
    writeFileSync(path, `${head},"body":${json}}\n`, { mode: 0o600 })
    return path
  } catch {
    return undefined
  }
}
