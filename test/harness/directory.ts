import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const made: string[] = []
// Not after a test: a child process may still write there, so that the removal fails. A hook that
// fails skips those behind it, which would have ended the child.
process.once("exit", () => {
  for (const dir of made) rmSync(dir, { recursive: true, force: true, maxRetries: 10 })
})

/** An empty directory, which is removed when this process ends. */
export function makeDir(prefix = "ringback-"): string {
  const dir = mkdtempSync(join(tmpdir(), prefix))
  made.push(dir)
  return dir
}
