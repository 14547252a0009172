import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"

export type Lock =
  { isHeld: true; release: () => void } | { isHeld: false; isInUse: boolean; reason: string }

const SQLITE_BUSY = 5

// Node has no flock. SQLite's BEGIN EXCLUSIVE takes the operating system's file lock and writes nothing.
// The lock ends with the process, also after SIGKILL. It works between containers and within one process.
/** Locks a directory, so that only one collector uses it. */
export function lockDirectory(dir: string): Lock {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(join(dir, "lock"))
    database.exec("BEGIN EXCLUSIVE")
    return { isHeld: true, release: () => database?.close() }
  } catch (error) {
    database?.close()
    const { errcode, message } = error as Error & { errcode?: number }
    return { isHeld: false, isInUse: errcode === SQLITE_BUSY, reason: message }
  }
}
