import { join } from "node:path"
import { parseSourceToken } from "@ringback/events/token"
import { parse } from "yaml"
import {
  type CollectorSettings,
  type Environment,
  readSettings,
  readText,
  SettingError,
} from "./settings.ts"

/**
 * The settings of every collector in this process. They come from the environment or from the list
 * in RINGBACK_CONFIG (JSON or YAML). Each entry of the list overrides environment variables of the
 * same name.
 */
export function readConfig(environment: Environment): CollectorSettings[] {
  const path = environment["RINGBACK_CONFIG"]
  if (!path) return [readSettings(environment)]
  const all = readEntries(path).map((entry, index) => {
    try {
      const settings = readSettings({ ...environment, ...entry })
      // Each collector needs its own directory. The default for an entry is a subdirectory named
      // after its source.
      const source = parseSourceToken(settings.sourceToken)!.source
      const isNamed = entry["RINGBACK_SPOOL_DIR"] !== undefined
      return isNamed ? settings : { ...settings, spoolDir: join(settings.spoolDir, source) }
    } catch (cause) {
      if (!(cause instanceof SettingError)) throw cause
      throw new SettingError(`RINGBACK_CONFIG, entry ${index + 1}: ${cause.message}`, { cause })
    }
  })
  const dirs = new Set(all.map(({ spoolDir }) => spoolDir))
  if (dirs.size < all.length) {
    throw new SettingError(
      "RINGBACK_CONFIG has two entries with the same source or RINGBACK_SPOOL_DIR",
    )
  }
  return all
}

function readEntries(path: string): Environment[] {
  const wrong = (what: string, cause?: unknown) =>
    new SettingError(`RINGBACK_CONFIG names ${path}, which ${what}`, { cause })
  let list: unknown
  try {
    // YAML is a superset of JSON.
    list = parse(readText("RINGBACK_CONFIG", path))
  } catch (cause) {
    if (cause instanceof SettingError) throw cause
    throw wrong("is neither JSON nor YAML", cause)
  }
  if (!Array.isArray(list) || list.length === 0)
    throw wrong("does not contain a list of collectors")
  return list.map((entry: unknown) => {
    if (typeof entry !== "object" || entry === null || Array.isArray(entry)) {
      throw wrong("has an entry that is not a map of settings")
    }
    const settings = Object.entries(entry).map(([name, value]) => [name, String(value ?? "")])
    return Object.fromEntries(settings) as Environment
  })
}
