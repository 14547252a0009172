import type { Permission } from "@ringback/store/endpoint"
import { loopbackOf } from "@ringback/webhooks/loopback"
import type { Caller } from "./authenticate.ts"
import type { Deps } from "./deps.ts"
import { ProblemError, type FieldError } from "./problem.ts"
import { checkGivenUrl } from "./url-check.ts"

const HOW_TO_ALLOW =
  "On this machine the operator's key may set a loopback URL; RINGBACK_ALLOWED_NETWORKS=127.0.0.0/8,::1/128 allows it to every tenant"

/**
 * Throws a problem if the URL is refused. Otherwise returns warnings and its loopback permission.
 * The URL and the permission are always stored together, so that no permission outlives the URL it
 * was given for. There is none if no URL is set.
 */
export async function checkEndpointUrl(
  deps: Pick<Deps, "table" | "urlRules">,
  tenant: string,
  caller: Caller,
  url: string | undefined,
): Promise<{ permission: Permission; warnings: FieldError[] }> {
  if (url === undefined) return { permission: {}, warnings: [] }
  const { urlRules } = deps
  const loopback = (urlRules.operatorLoopback && loopbackOf(url)) || null
  const allowedLoopback = caller.kind === "operator" ? loopback : null
  const verdict = await checkGivenUrl(deps, tenant, { path: "/url", url, allowedLoopback })
  if (verdict.ok) return { permission: { allowedLoopback }, warnings: verdict.warnings }
  const isForOperator = loopback !== null && allowedLoopback === null
  const message = isForOperator ? `${verdict.reason}. ${HOW_TO_ALLOW}` : verdict.reason
  throw new ProblemError("endpoint.url_refused", message, { errors: [{ path: "/url", message }] })
}
