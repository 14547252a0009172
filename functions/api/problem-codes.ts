import type { ProblemCode } from "./problem.ts"
import { scopeOf, type Route } from "./route.ts"

/**
 * Every problem that a route can respond with. Most are implied by its method, path, body and
 * access.
 */
export function problemCodes(route: Route): ProblemCode[] {
  const { access, body, method, path, query } = route
  const codes: ProblemCode[] = ["request.invalid"]
  if (query && "cursor" in query) codes.push("cursor.invalid")
  if (body) codes.push("request.malformed", "body.too_large", "body.unsupported")
  if (access !== "open") codes.push("auth.missing", "auth.invalid")
  if (access === "operator") codes.push("auth.forbidden")
  if ((access === "tenant" || access === "key") && scopeOf(route) === "full")
    codes.push("auth.scope")
  if (access !== "open") codes.push("rate_limit.exceeded")
  if (path.includes("{")) codes.push("not_found")
  if (method === "post") codes.push("idempotency.mismatch", "idempotency.in_progress")
  if (method === "patch" && route.hasRevision) codes.push("precondition.failed")
  return [...codes, ...(route.problems ?? []), "internal"]
}
