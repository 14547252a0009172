import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Refusal } from "./batch.ts"
import { makeDirectory } from "./make-directory.ts"

// A queue that refuses everything must not fill the disk: beyond this, only the report is left.
const MAX_FILES = 1_000

/** Keeps what the queue refuses for good, for a person to look at. The result is the file, or undefined without room. */
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
