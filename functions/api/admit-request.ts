import type { Source } from "@ringback/store/source"
import type { Tenant } from "@ringback/store/tenant"
import { identify, type Caller, type Proof } from "./authenticate.ts"
import { authorize } from "./key-scopes.ts"
import type { Deps } from "./deps.ts"
import { scopeOf, type Route } from "./route.ts"
import { identifySource } from "./source-token.ts"

/** The result of admitting a request: the caller and the tenant or source. */
export type Admitted = {
  /** The key's or source's id; none on an open route. */
  callerId: string | undefined
  caller: Caller | undefined
  tenant: Tenant | undefined
  source: Source | undefined
}

/**
 * Decides whether the request is allowed as of now, and throws a problem if it is not. Calls
 * `notice` with the caller as soon as the caller is known.
 */
export async function admit(
  { table, operatorKey }: Pick<Deps, "table" | "operatorKey">,
  route: Pick<Route, "access" | "method" | "scope">,
  { authorization, caller: known, tenants }: Proof,
  tenantId: string | undefined,
  notice: (callerId: string, kind: Caller["kind"] | "source") => void = () => {},
): Promise<Admitted> {
  const nobody = { callerId: undefined, caller: undefined, tenant: undefined, source: undefined }
  const { access } = route
  if (access === "open") return nobody
  if (access === "source") {
    const source = await identifySource(table, authorization)
    notice(source.id, "source")
    return { ...nobody, callerId: source.id, source }
  }
  const caller = known ?? (await identify(table, operatorKey, authorization))
  notice(caller.id, caller.kind)
  const needed = { access, scope: scopeOf(route) }
  // A change is decided on the tenant as it is now.
  const read = route.method === "get" ? tenants : undefined
  const tenant = await authorize(table, needed, caller, tenantId, read)
  return { ...nobody, callerId: caller.id, caller, tenant }
}
