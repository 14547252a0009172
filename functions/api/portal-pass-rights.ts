import { createHash, timingSafeEqual } from "node:crypto"
import * as ApiKey from "@ringback/store/api-key"
import * as PortalPass from "@ringback/store/portal-pass"
import type { Table } from "@ringback/store/table"
import type { Caller } from "./authenticate.ts"
import type { Deps } from "./deps.ts"

type Some = Pick<Deps, "table" | "operatorKey">

/** The origin of a caller's portal links and sessions: they end with this key. */
export function originOf({ table, operatorKey }: Some, caller: Caller): PortalPass.Origin {
  if (caller.origin) return caller.origin
  if (caller.kind === "tenant") return { kind: "key", tenant: caller.tenant, keyId: caller.id }
  return { kind: "operator", proof: table.sealer.seal(hashOf(operatorKey), PROOF) }
}

/** The current rights of a pass. Undefined if its key was revoked, has expired, or was replaced. */
export async function callerOf(deps: Some, pass: PortalPass.Pass): Promise<Caller | undefined> {
  const { tenant, scope, origin } = pass
  if (origin.kind === "operator") {
    if (!isProof(deps, origin.proof)) return undefined
    if (tenant === null) return { kind: "operator", id: "operator" }
    return { kind: "tenant", id: pass.id, tenant, scope, origin }
  }
  const key = await ApiKey.get(deps.table, origin.tenant, origin.keyId, { consistent: true })
  if (!key || ApiKey.isExpired(key, deps.table.now()) || tenant !== key.tenant) return undefined
  const least = key.scope === "read" ? "read" : scope
  return { kind: "tenant", id: key.id, tenant, scope: least, origin }
}

const PROOF = "portal|operator"

function isProof({ table, operatorKey }: Some, sealed: string): boolean {
  const proven = open(table, sealed)
  const expected = Buffer.from(hashOf(operatorKey))
  return proven?.length === expected.length && timingSafeEqual(proven, expected)
}

// The pass was encrypted with another data key, so it proves nothing.
function open(table: Table, sealed: string): Buffer | undefined {
  try {
    return Buffer.from(table.sealer.open(sealed, PROOF))
  } catch {
    return undefined
  }
}

const hashOf = (key: string) => createHash("sha256").update(key.trim()).digest("base64url")
