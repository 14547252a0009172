import type { Permission } from "@ringback/store/endpoint"
import { loopbackOf } from "@ringback/webhooks/loopback"
import { checkUrl } from "@ringback/webhooks/url"
import type { Caller } from "./auth.ts"
import type { Deps } from "./deps.ts"
import { ProblemError } from "./problem.ts"

const HOW_TO_ALLOW =
  "On this machine the operator's key may set a loopback URL; RINGBACK_ALLOWED_NETWORKS=127.0.0.0/8,::1/128 allows it to every tenant"

/**
 * Throws a problem if the URL is refused. Otherwise returns the URL and its loopback permission,
 * which are always stored together, so that no permission outlives the URL it was given for.
 * Returns nothing if no URL is set.
 */
export async function checkEndpointUrl(
  { urlRules }: Pick<Deps, "urlRules">,
  caller: Caller,
  url: string | undefined,
): Promise<Permission> {
  if (url === undefined) return {}
  const loopback = (urlRules.operatorLoopback && loopbackOf(url)) || null
  const allowedLoopback = caller.kind === "operator" ? loopback : null
  const verdict = await checkUrl(url, { ...urlRules, allowedLoopback })
  if (verdict.ok) return { allowedLoopback }
  const isForOperator = loopback !== null && allowedLoopback === null
  const message = isForOperator ? `${verdict.reason}. ${HOW_TO_ALLOW}` : verdict.reason
  throw new ProblemError("endpoint.url_refused", message, { errors: [{ path: "/url", message }] })
}
