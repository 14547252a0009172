import { createHash, timingSafeEqual } from "node:crypto"
import * as ApiKey from "@ringback/store/api-key"
import * as Tenant from "@ringback/store/tenant"
import type { Origin } from "@ringback/store/portal-pass"
import type { Table } from "@ringback/store/table"
import { isPathId } from "./path.ts"
import { notFound, ProblemError } from "./problem.ts"

/**
 * Who may use a route. `operator`: the operator's key alone. `tenant`: that tenant's keys too. `key`: whoever has a
 * key. `source`: whoever has a source's token. `open`: everybody.
 */
export type Access = "operator" | "tenant" | "key" | "source" | "open"

/**
 * Who asks. `id` is the key's, for limits and logs; where the operator made the portal link, the session's. `origin`: in
 * the portal, with whose key the session ends.
 */
export type Caller =
  | { kind: "operator"; id: "operator"; origin?: Origin }
  | { kind: "tenant"; id: string; tenant: string; scope: ApiKey.Scope; origin?: Origin }

/**
 * What a request proves itself with: the header, or, where the portal asks for somebody whose session it has just
 * looked at, who that is.
 */
export type Proof = { authorization: string | undefined; caller?: Caller | undefined }

/** Who that is, or a problem. A key is read each time, consistently: a revoked one is refused at once. */
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

/** What was sent as a key or token, or a problem. */
export function readBearer(authorization: string | undefined): string {
  // An operator may have chosen a key with spaces in it; those at its ends are lost on the way.
  const [, text] = /^Bearer +(\S.*)$/i.exec(authorization?.trim() ?? "") ?? []
  if (text !== undefined) return text
  const detail = "Send the header Authorization: Bearer KEY."
  throw new ProblemError("auth.missing", detail, { headers: CHALLENGE })
}

/** The living tenant that the route is about, if any, or a problem where the caller may not go there. */
export async function authorize(
  table: Table,
  { access, scope }: { access: Exclude<Access, "open" | "source">; scope: ApiKey.Scope },
  caller: Caller,
  pathTenant: string | undefined,
): Promise<Tenant.Tenant | undefined> {
  if (access === "operator" && caller.kind !== "operator") {
    throw new ProblemError("auth.forbidden", "This needs the operator's key.")
  }
  const tenantId = access === "key" && caller.kind === "tenant" ? caller.tenant : pathTenant
  if (access === "operator" || (access === "key" && caller.kind === "operator")) return undefined
  const isOther = caller.kind === "tenant" && caller.tenant !== tenantId
  if (tenantId === undefined || !isPathId("tenantId", tenantId) || isOther) {
    throw notFound("tenant")
  }
  const tenant = await Tenant.get(table, tenantId, { consistent: true })
  if (!tenant) {
    throw caller.kind === "operator" ? notFound("tenant") : unknownKey()
  }
  if (caller.kind === "tenant" && caller.scope === "read" && scope === "full") {
    throw new ProblemError("auth.scope", "This key may read, and sees no secret: use another one.")
  }
  return tenant
}

const CHALLENGE = { "www-authenticate": 'Bearer realm="ringback"' }

export const unknownKey = () =>
  new ProblemError("auth.invalid", "The key is unknown, expired or revoked.", {
    headers: { "www-authenticate": 'Bearer realm="ringback", error="invalid_token"' },
  })

// Compared as hashes: of equal length whatever was sent, and in constant time.
function isSame(left: string, right: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest()
  return timingSafeEqual(hash(left), hash(right))
}
