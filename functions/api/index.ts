import type { LambdaContext, LambdaEvent } from "hono/aws-lambda"
import { handle } from "hono/aws-lambda"
import { Hono, type Context } from "hono"
import { resources } from "../resources.ts"
import type { Deps } from "./deps.ts"
import { notFound, ProblemError } from "./problem.ts"
import { makeRateLimit } from "./rate-limit.ts"
import { allowedMethods, routes } from "./routes.ts"
import { serve } from "./serve.ts"

/** The admin API over those collaborators. */
export function createApi(deps: Deps): Hono {
  const app = new Hono()
  const rateLimit = makeRateLimit(deps.rateLimit, deps.table.now)
  for (const route of routes) {
    const path = route.path.replaceAll("{", ":").replaceAll("}", "")
    app.on(route.method.toUpperCase(), path, (c) => serve(deps, rateLimit, route, c))
  }
  app.all("*", (c) => serve(deps, rateLimit, { access: "open", handle: () => refuse(c) }, c))
  return app
}

/** What no route takes: another method of a path that is there, or nothing at all. */
function refuse(c: Context): never {
  const allowed = allowedMethods(c.req.path).join(", ")
  if (!allowed) throw notFound("route: GET /docs shows all of them")
  throw new ProblemError("method.not_allowed", `Allowed: ${allowed}.`, {
    headers: { allow: allowed },
  })
}

let api: ReturnType<typeof handle> | undefined

export const handler = async (event: LambdaEvent, context: LambdaContext) => {
  api ??= handle(createApi(await resources()))
  return api(event, context)
}
