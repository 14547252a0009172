import { createHash, timingSafeEqual } from "node:crypto"
import * as ApiKey from "@ringback/store/api-key"
import * as Tenant from "@ringback/store/tenant"
import type { Table } from "@ringback/store/table"
import { isPathId } from "./path.ts"
import { notFound, ProblemError } from "./problem.ts"
import type { Access } from "./route.ts"

/** Who asks. `id` is the key's, for limits and logs. */
export type Caller =
  { kind: "operator"; id: "operator" } | { kind: "tenant"; id: string; tenant: string }

const anybody: Caller = { kind: "tenant", id: "anybody", tenant: "" }

export type Guarded = { caller: Caller; tenant: Tenant.Tenant | undefined }

/**
 * Lets the request in or throws the problem. Keys and tenants are read each time, consistently: a revoked key is
 * refused at once, for a read unit each.
 */
export async function guard(
  { table, operatorKey }: { table: Table; operatorKey: string },
  access: Access,
  authorization: string | undefined,
  tenantId: string | undefined,
): Promise<Guarded> {
  if (access === "open") return { caller: anybody, tenant: undefined }
  const caller = await identify(table, operatorKey, authorization)
  if (access === "key") return { caller, tenant: undefined }
  if (access === "operator") {
    if (caller.kind !== "operator") {
      throw new ProblemError("auth.forbidden", "This needs the operator's key.")
    }
    return { caller, tenant: undefined }
  }
  const isOther = caller.kind === "tenant" && caller.tenant !== tenantId
  if (tenantId === undefined || !isPathId("tenantId", tenantId) || isOther) {
    throw notFound("tenant")
  }
  const tenant = await Tenant.get(table, tenantId, { consistent: true })
  if (!tenant || tenant.deletedAt !== undefined) {
    throw caller.kind === "operator" ? notFound("tenant") : unknownKey()
  }
  return { caller, tenant }
}

async function identify(
  table: Table,
  operatorKey: string,
  authorization: string | undefined,
): Promise<Caller> {
  // An operator may have chosen a key with spaces in it; those at its ends are lost on the way.
  const [, text] = /^Bearer +(\S.*)$/i.exec(authorization?.trim() ?? "") ?? []
  if (text === undefined) {
    const detail = "Send the header Authorization: Bearer KEY."
    throw new ProblemError("auth.missing", detail, { headers: CHALLENGE })
  }
  if (isSame(text, operatorKey.trim())) return { kind: "operator", id: "operator" }
  const apiKey = await ApiKey.verify(table, text)
  if (!apiKey) throw unknownKey()
  await ApiKey.touch(table, apiKey)
  return { kind: "tenant", id: apiKey.id, tenant: apiKey.tenant }
}

const CHALLENGE = { "www-authenticate": 'Bearer realm="ringback"' }

const unknownKey = () =>
  new ProblemError("auth.invalid", "The key is unknown, expired or revoked.", {
    headers: { "www-authenticate": 'Bearer realm="ringback", error="invalid_token"' },
  })

// Compared as hashes: of equal length whatever was sent, and in constant time.
function isSame(left: string, right: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest()
  return timingSafeEqual(hash(left), hash(right))
}
