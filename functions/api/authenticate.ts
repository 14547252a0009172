import { createHash, timingSafeEqual } from "node:crypto"
import * as ApiKey from "@ringback/store/api-key"
import type * as Tenant from "@ringback/store/tenant"
import type { Origin } from "@ringback/store/portal-pass"
import type { Table } from "@ringback/store/table"
import { ProblemError } from "./problem.ts"

/**
 * The authenticated caller. `id` is the key's id, for limits and logs, or the session's id if the
 * operator created the portal link. `origin` is set in the portal and identifies the key whose
 * revocation ends the session.
 */
export type Caller =
  | { kind: "operator"; id: "operator"; origin?: Origin }
  | { kind: "tenant"; id: string; tenant: string; scope: ApiKey.Scope; origin?: Origin }

/**
 * The credentials of a request: the header, or the caller itself if the portal calls on behalf of a
 * session that it has just verified.
 */
export type Proof = {
  authorization: string | undefined
  caller?: Caller | undefined
  tenants?: ReadTenants | undefined
}

/** Tenants that were read while a page of the portal is made: each request for it needs the tenant. */
export type ReadTenants = Map<string, Promise<Tenant.Tenant | undefined>>

/**
 * Identifies the caller or throws a problem. A key is read each time with a consistent read, so a
 * revoked key is refused at once.
 */
export async function identify(
  table: Table,
  operatorKey: string,
  authorization: string | undefined,
): Promise<Caller> {
  const text = readBearer(authorization)
  if (isSame(text, operatorKey.trim())) return { kind: "operator", id: "operator" }
  const apiKey = await ApiKey.verify(table, text)
  if (!apiKey) throw unknownKey()
  await ApiKey.touch(table, apiKey)
  return { kind: "tenant", id: apiKey.id, tenant: apiKey.tenant, scope: apiKey.scope }
}

/** The key or token of a request, or a problem. */
export function readBearer(authorization: string | undefined): string {
  // An operator's key may contain spaces. HTTP strips spaces at either end.
  const [, text] = /^Bearer +(\S.*)$/i.exec(authorization?.trim() ?? "") ?? []
  if (text !== undefined) return text
  const detail = "Send the header Authorization: Bearer KEY."
  throw new ProblemError("auth.missing", detail, { headers: CHALLENGE })
}

const CHALLENGE = { "www-authenticate": 'Bearer realm="ringback"' }

export const unknownKey = () =>
  new ProblemError("auth.invalid", "The key is unknown, expired or revoked.", {
    headers: { "www-authenticate": 'Bearer realm="ringback", error="invalid_token"' },
  })

// Keys are compared as hashes: these have equal length whatever was sent, and the comparison takes
// constant time.
function isSame(left: string, right: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest()
  return timingSafeEqual(hash(left), hash(right))
}
