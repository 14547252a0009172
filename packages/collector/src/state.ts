import { randomBytes } from "node:crypto"
import { closeSync, fchmodSync, openSync, renameSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"

/**
 * The small, rarely written state of a collector beside its spool. SQLite makes its writes atomic.
 */
export type State = {
  /** Set if the file is unusable. The state is then in memory only. */
  trouble: string | undefined
  get: (name: string) => string | undefined
  set: (name: string, value: string) => void
  /** Runs a write that must survive a power failure. */
  durably: (write: () => void) => void
  database: DatabaseSync
  close: () => void
}

// WAL without a flush at each commit survives SIGKILL. After a power failure a few messages may be
// sent twice.
const SCHEMA = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`

/** Opens the state in a directory, or in memory if no directory is usable. */
export function openState(dir: string | undefined, now: number): State {
  if (dir === undefined) return stateOf(openDatabase(IN_MEMORY), undefined)
  const path = join(dir, "state.sqlite")
  try {
    return stateOf(openDatabase(path), undefined)
  } catch (error) {
    if (!isDamage(error)) return stateOf(openDatabase(IN_MEMORY), (error as Error).message)
  }
  try {
    renameSync(path, `${path}.damaged-${now}`)
    return stateOf(openDatabase(path), "state.sqlite was damaged and has been renamed")
  } catch (error) {
    return stateOf(openDatabase(IN_MEMORY), (error as Error).message)
  }
}

const IN_MEMORY = ":memory:"

// SQLite creates its files world-readable and gives its log the permissions of the database.
function keepPrivate(path: string): void {
  const file = openSync(path, "a", 0o600)
  try {
    fchmodSync(file, 0o600)
  } finally {
    closeSync(file)
  }
}

function openDatabase(path: string): DatabaseSync {
  if (path !== IN_MEMORY) keepPrivate(path)
  const database = new DatabaseSync(path)
  try {
    database.exec(SCHEMA)
    // Damage behind the first pages would only show when they are read.
    const [found] = Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {})
    if (found !== "ok") throw new DamageError(String(found))
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

class DamageError extends Error {}

// SQLITE_CORRUPT and SQLITE_NOTADB.
const isDamage = (error: unknown) =>
  error instanceof DamageError ||
  [11, 26].includes(Number((error as { errcode?: number }).errcode) & 255)

function stateOf(database: DatabaseSync, trouble: string | undefined): State {
  const read = database.prepare("SELECT value FROM facts WHERE name = ?")
  const write = database.prepare("INSERT OR REPLACE INTO facts VALUES (?, ?)")
  return {
    trouble,
    database,
    get: (name) => read.get(name)?.["value"] as string | undefined,
    set: (name, value) => void write.run(name, value),
    durably(write) {
      database.exec("PRAGMA synchronous = FULL")
      try {
        write()
      } finally {
        database.exec("PRAGMA synchronous = NORMAL")
      }
    },
    close: () => database.close(),
  }
}

/** The id of this collector: created once and kept with its spool. */
export function collectorId(state: State): string {
  const known = state.get("collector")
  if (known) return known
  const made = randomBytes(16).toString("base64url")
  state.set("collector", made)
  return made
}
