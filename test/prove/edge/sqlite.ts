import { DatabaseSync as RealDatabase } from "node:sqlite"
import type { Host } from "./globals.ts"
import { currentProcess } from "./simulation.ts"

/** What the collector gets for `node:sqlite`: in a simulated process the databases of its host's disk. */
export const DatabaseSync = function (path: string, options: object = {}) {
  const host = currentProcess() as Host | undefined
  return host?.disk.openDatabase(path) ?? new RealDatabase(path, options)
}
