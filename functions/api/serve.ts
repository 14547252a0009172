import { randomUUID } from "node:crypto"
import type { Context } from "hono"
import * as Audit from "@ringback/store/audit"
import { CreationRefused } from "@ringback/store/owned"
import { reasonOf } from "../runtime/log.ts"
import { admit } from "./admit-request.ts"
import { entryOf, type Done } from "./audit-entry.ts"
import { parseJson, readText } from "./body.ts"
import type { Deps } from "./deps.ts"
import { once } from "./idempotent.ts"
import { insideOf } from "./in-process-request.ts"
import { isPathId } from "./path.ts"
import { refusedCreation } from "./limits.ts"
import { notFound, ProblemError, problemResponse } from "./problem.ts"
import { readQuery } from "./query.ts"
import type { CallerLimits } from "./rate-limit.ts"
import { scopeOf, type Answer, type Route } from "./route.ts"
import { allowedMethods } from "./routes.ts"
import { validate } from "./validate.ts"

/**
 * Handles one request from start to log line. Every response, including problems, is returned
 * through here. `route` is undefined if no route matches.
 */
export async function serve(
  deps: Deps,
  limits: CallerLimits,
  route: Route | undefined,
  c: Context,
): Promise<Response> {
  const startedAt = performance.now()
  const requestId = randomUUID()
  const seen: Seen = { callerId: undefined, headers: {} }
  let response: Response
  let error: unknown
  try {
    if (!route) throw refusal(c.req.path)
    response = respond(await answer(deps, limits, route, c, seen))
  } catch (thrown) {
    if (!(thrown instanceof ProblemError)) error = thrown
    const problem = thrown instanceof ProblemError ? thrown : new ProblemError("internal")
    response = problemResponse(problem, requestId)
  }
  const headers = { ...SECURITY_HEADERS, ...seen.headers, "x-request-id": requestId }
  for (const [name, value] of Object.entries(headers)) {
    if (!response.headers.has(name)) response.headers.set(name, value)
  }
  deps.log("api.answered", {
    requestId,
    operation: route?.operationId,
    tenant: tenantIn(c),
    caller: seen.callerId,
    status: response.status,
    durationMs: Math.round(performance.now() - startedAt),
    ...(error !== undefined && { reason: reasonOf(error) }),
  })
  return response
}

/** The problem if no route matches: the path exists with other methods, or it does not exist. */
function refusal(path: string): ProblemError {
  const allowed = allowedMethods(path).join(", ")
  if (!allowed) return notFound("route: GET /docs shows all of them")
  return new ProblemError("method.not_allowed", `Allowed: ${allowed}.`, {
    headers: { allow: allowed },
  })
}

// Only valid ids are logged: someone may have put a key in place of an id.
function tenantIn(c: Context): string | undefined {
  const id = c.req.param("tenantId")
  return id !== undefined && isPathId("tenantId", id) ? id : undefined
}

type Seen = { callerId: string | undefined; headers: Record<string, string> }

async function answer(
  deps: Deps,
  { rateLimit, read }: CallerLimits,
  route: Route,
  c: Context,
  seen: Seen,
): Promise<Answer> {
  const params = c.req.param() as Record<string, string>
  const inside = insideOf(c)
  const proof = { authorization: c.req.header("authorization"), ...inside }
  const judge = (notice?: Parameters<typeof admit>[4]) =>
    admit(deps, route, proof, params["tenantId"], notice)
  let admitted = await judge((callerId, kind) => {
    seen.callerId = callerId
    // A portal page counts as one request, however many API calls it makes.
    if (kind !== "operator" && !inside) seen.headers = rateLimit.take(callerId)
  })
  for (const [name, value] of Object.entries(params)) {
    if (!isPathId(name, value)) throw notFound(name.replace(/Id$/, ""))
  }
  const query = readQuery(route.query ?? {}, new URL(c.req.url).searchParams)
  const text = route.body ? await readText(c.req.raw) : ""
  // A body can take long to arrive. What was revoked or deleted in the meantime must not take
  // effect.
  if (route.body) admitted = await judge()
  const body = route.body && validate(route.body, parseJson(text, c.req.header("content-type")))
  const { callerId, ...who } = admitted
  // A page of the portal counts as one read, however many API calls it makes.
  const inPlace = <T>(work: () => Promise<T>): Promise<T> => {
    if (admitted.caller?.kind !== "tenant" || inside) return work()
    return read(admitted.caller.tenant, c.req.raw.signal, async (hasWaited) => {
      if (hasWaited) await judge()
      return work()
    })
  }
  const input = { params, query, body, ifMatch: c.req.header("if-match") }
  const call = { deps, ...input, ...who, judge, read: inPlace }
  const run = async () => {
    try {
      const answer = await route.handle(call as never)
      await audit(deps, { route, params, body, caller: admitted.caller, answer })
      return answer
    } catch (error) {
      if (error instanceof CreationRefused)
        throw refusedCreation(error, deps.limits, admitted.caller)
      throw error
    }
  }
  const handle = () => (scopeOf(route) === "read" ? inPlace(run) : run())
  if (route.method !== "post") return handle()
  const request = { callerId: callerId!, tenant: who.tenant?.id, path: c.req.path, text }
  return once(deps.table, c.req.header("idempotency-key"), request, { handle, judge })
}

// The audit entry is written after the change, because the change may still be refused before. If
// the entry cannot be written, the change stands: the caller must not get an error for a change
// that was made, and the log keeps the entry.
async function audit(deps: Deps, done: Done): Promise<void> {
  const noted = entryOf(done)
  if (!noted) return
  try {
    await Audit.note(deps.table, noted.scope, noted.entry)
  } catch (error) {
    deps.log("audit.unwritten", { ...noted, reason: reasonOf(error) })
  }
}

function respond({ status, body, headers = {} }: Answer): Response {
  if (body === undefined) return new Response(null, { status, headers })
  const isText = typeof body === "string"
  return new Response(isText ? body : JSON.stringify(body), {
    status,
    headers: { ...(!isText && { "content-type": "application/json" }), ...headers },
  })
}

const SECURITY_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
}
