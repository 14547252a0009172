import { randomUUID } from "node:crypto"
import type { Context } from "hono"
import type { Source } from "@ringback/store/source"
import type { Tenant } from "@ringback/store/tenant"
import { reasonOf } from "../runtime/log.ts"
import { authorize, identify } from "./auth.ts"
import { parseJson, readText } from "./body.ts"
import type { Deps } from "./deps.ts"
import { once } from "./idempotent.ts"
import { isPathId } from "./path.ts"
import { notFound, ProblemError, problemResponse } from "./problem.ts"
import { readQuery } from "./query.ts"
import type { RateLimit } from "./rate-limit.ts"
import type { Answer, Route } from "./route.ts"
import { identifySource } from "./source-token.ts"
import { validate } from "./validate.ts"

/** What a route is to a request; what no route takes has none but these. */
export type Served = Pick<Route, "access" | "handle"> & Partial<Route>

/** One request from its first look to its log line: every answer, a problem too, leaves through here. */
export async function serve(
  deps: Deps,
  rateLimit: RateLimit,
  route: Served,
  c: Context,
): Promise<Response> {
  const startedAt = performance.now()
  const requestId = randomUUID()
  const seen: Seen = { callerId: undefined, headers: {} }
  let response: Response
  let error: unknown
  try {
    response = respond(await answer(deps, rateLimit, route, c, seen))
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
    operation: route.operationId,
    tenant: tenantIn(c),
    caller: seen.callerId,
    status: response.status,
    durationMs: Math.round(performance.now() - startedAt),
    ...(error !== undefined && { reason: reasonOf(error) }),
  })
  return response
}

// What is no id is not noted: somebody may have put a key in its place.
function tenantIn(c: Context): string | undefined {
  const id = c.req.param("tenantId")
  return id !== undefined && isPathId("tenantId", id) ? id : undefined
}

type Seen = { callerId: string | undefined; headers: Record<string, string> }

async function answer(
  deps: Deps,
  rateLimit: RateLimit,
  route: Served,
  c: Context,
  seen: Seen,
): Promise<Answer> {
  const params = c.req.param() as Record<string, string>
  const authorization = c.req.header("authorization")
  let tenant: Tenant | undefined
  let source: Source | undefined
  if (route.access === "source") {
    source = await identifySource(deps.table, authorization)
    seen.callerId = source.id
    seen.headers = rateLimit.take(source.id)
  } else if (route.access !== "open") {
    const caller = await identify(deps.table, deps.operatorKey, authorization)
    seen.callerId = caller.id
    if (caller.kind === "tenant") seen.headers = rateLimit.take(caller.id)
    tenant = await authorize(deps.table, route.access, caller, params["tenantId"])
  }
  for (const [name, value] of Object.entries(params)) {
    if (!isPathId(name, value)) throw notFound(name.replace(/Id$/, ""))
  }
  const query = readQuery(route.query ?? {}, new URL(c.req.url).searchParams)
  const text = route.body ? await readText(c.req.raw) : ""
  const body = route.body && validate(route.body, parseJson(text, c.req.header("content-type")))
  const call = {
    deps,
    params,
    query,
    body,
    tenant: tenant!,
    source: source!,
    ifMatch: c.req.header("if-match"),
  }
  const handle = async () => route.handle(call as never)
  if (route.method !== "post") return handle()
  const key = c.req.header("idempotency-key")
  return once(
    deps.table,
    key,
    { callerId: seen.callerId!, tenant: tenant?.id, path: c.req.path, text },
    handle,
  )
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
