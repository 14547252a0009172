import type * as ApiKey from "@ringback/store/api-key"
import * as Tenant from "@ringback/store/tenant"
import type { Table } from "@ringback/store/table"
import { type Caller, type ReadTenants, unknownKey } from "./authenticate.ts"
import { isPathId } from "./path.ts"
import { notFound, ProblemError } from "./problem.ts"

// What a caller may do. A key's scope, `full` or `read`, is stored by packages/store/src/api-key.ts,
// and each route names the one that it needs.

/**
 * Who may use a route. `operator`: the operator's key only. `tenant`: also that tenant's keys.
 * `key`: any valid key. `source`: any valid source token. `open`: everyone.
 */
export type Access = "operator" | "tenant" | "key" | "source" | "open"

/**
 * The existing tenant that the route concerns, if any. Throws a problem if the caller has no access
 * to it.
 */
export async function authorize(
  table: Table,
  { access, scope }: { access: Exclude<Access, "open" | "source">; scope: ApiKey.Scope },
  caller: Caller,
  pathTenant: string | undefined,
  tenants?: ReadTenants,
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
  const reading = tenants?.get(tenantId) ?? Tenant.get(table, tenantId, { consistent: true })
  tenants?.set(tenantId, reading)
  const tenant = await reading
  if (!tenant) {
    throw caller.kind === "operator" ? notFound("tenant") : unknownKey()
  }
  if (caller.kind === "tenant" && caller.scope === "read" && scope === "full") {
    throw new ProblemError(
      "auth.scope",
      "This key can only read, and cannot see secrets: use a key with scope full.",
    )
  }
  return tenant
}
