import { existsSync } from "node:fs"
import { join } from "node:path"
import type { DataDir } from "./data-dir.ts"
import { dynoxideFile, findDynoxide, startDynoxide } from "./dynoxide-engine.ts"
import type { InsertMode } from "@ringback/store/insert"
import { spawnEngine } from "./engine-process.ts"
import type { EngineOptions } from "./engine.ts"
import type { DynamodbKind } from "./engines.ts"
import { SettingError } from "./machine-settings.ts"

/**
 * dynalite does not support PartiQL. dynoxide flushes the disk once per statement, and once for a
 * whole transaction.
 */
export const insertsOf = {
  dynalite: undefined,
  dynoxide: "transaction",
} as const satisfies Record<DynamodbKind, InsertMode | undefined>

const RECORD = "dynamodb-engine"

type Dir = Pick<DataDir, "path" | "read" | "write">

/**
 * The engine that created the directory's data, for as long as the directory exists: another one
 * could not read it. A new directory uses dynoxide where it runs.
 */
export function chooseDynamodb(dir: Dir, isDynoxideHere = findDynoxide() !== undefined) {
  const recorded = dir.read(RECORD)?.trim()
  // Earlier versions had only one engine and recorded nothing.
  const kind = recorded || engineOfFiles(dir.path) || (isDynoxideHere ? "dynoxide" : "dynalite")
  if (kind !== "dynoxide" && kind !== "dynalite") {
    const reason = `${join(dir.path, RECORD)} names ${JSON.stringify(kind)}, which this version does not know`
    throw new SettingError("RINGBACK_DATA_DIR", reason)
  }
  if (kind === "dynoxide" && !isDynoxideHere) {
    const fix = "start it on Linux on x64 after `npm ci`, or set another directory"
    const reason = `${dir.path} holds data of dynoxide, which does not run here; ${fix}`
    throw new SettingError("RINGBACK_DATA_DIR", reason)
  }
  if (recorded !== kind) dir.write(RECORD, kind)
  return kind
}

function engineOfFiles(path: string): DynamodbKind | undefined {
  if (existsSync(join(path, "dynamodb"))) return "dynalite"
  return existsSync(join(path, dynoxideFile)) ? "dynoxide" : undefined
}

/** In a process of its own. */
export function spawnDynamodb(kind: DynamodbKind, options: EngineOptions & { dataDir: string }) {
  return kind === "dynoxide" ? startDynoxide(options) : spawnEngine("dynalite", options)
}
