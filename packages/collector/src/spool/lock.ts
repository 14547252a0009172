import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"

export type Lock =
  { isHeld: true; release: () => void } | { isHeld: false; isInUse: boolean; reason: string }

const SQLITE_BUSY = 5

// Node has no flock. SQLite has: BEGIN EXCLUSIVE takes the operating system's lock on a file and writes nothing. It goes
// with the process, also by SIGKILL, and holds between containers and within one process too.
/** One collector a directory. */
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
