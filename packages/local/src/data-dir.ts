import { randomBytes } from "node:crypto"
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { makeDirectory } from "@ringback/collector/make-directory"
import { lockDirectory } from "@ringback/collector/spool/lock"
import { SettingError } from "./machine-settings.ts"

/** All state of one `npm start`. Secrets are in files that only their owner can read. */
export type DataDir = {
  path: string
  operatorKey: string
  dataKeyPath: string
  logPath: string
  read: (name: string) => string | undefined
  /** Writes the file completely or not at all. */
  write: (name: string, text: string) => void
  remove: (name: string) => void
  release: () => void
}

const DATA_KEY_BYTES = 32

/**
 * Locks the directory for as long as this process lives, and creates missing files. Throws a
 * SettingError.
 */
export function openDataDir(dir: string, operatorKey?: string): DataDir {
  const path = resolve(dir)
  try {
    makeDirectory(path)
  } catch (error) {
    throw new SettingError("RINGBACK_DATA_DIR", `${path} cannot be made (${codeOf(error)})`)
  }
  const lock = lockDirectory(path)
  if (!lock.isHeld) {
    const reason = lock.isInUse
      ? `${path} is in use by another process; stop that, or set another directory`
      : `${path} cannot be used (${lock.reason})`
    throw new SettingError("RINGBACK_DATA_DIR", reason)
  }
  const files = openFiles(path)
  const dataKeyPath = join(path, "data-key")
  keep(files, "data-key", () => randomBytes(DATA_KEY_BYTES))
  const kept = operatorKey ?? keep(files, "operator-key", makeOperatorKey).toString("utf8").trim()
  return {
    path,
    operatorKey: kept,
    dataKeyPath,
    logPath: join(path, "ringback.log"),
    read: (name) => files.read(name)?.toString("utf8"),
    write: files.write,
    remove: files.remove,
    release: lock.release,
  }
}

const makeOperatorKey = () => `rbo_${randomBytes(24).toString("base64url")}`

type Files = ReturnType<typeof openFiles>

function openFiles(path: string) {
  const at = (name: string) => join(path, name)
  return {
    read(name: string): Buffer | undefined {
      try {
        return readFileSync(at(name))
      } catch (error) {
        if (codeOf(error) === "ENOENT") return undefined
        throw new SettingError("RINGBACK_DATA_DIR", `${at(name)} cannot be read (${codeOf(error)})`)
      }
    },
    write(name: string, content: string | Buffer) {
      writeFileSync(at(`${name}.new`), content, { mode: 0o600, flush: true })
      renameSync(at(`${name}.new`), at(name))
    },
    remove(name: string) {
      rmSync(at(name), { force: true })
    },
  }
}

function keep(files: Files, name: string, make: () => string | Buffer): Buffer {
  const found = files.read(name)
  if (found && found.length > 0) return found
  const made = make()
  files.write(name, made)
  return Buffer.from(made)
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error)
