import type { LambdaContext, LambdaEvent } from "hono/aws-lambda"
import { handle } from "hono/aws-lambda"
import { Hono } from "hono"
import { mountPortal } from "../portal/app.ts"
import { resources } from "../resources.ts"
import type { Deps } from "./deps.ts"
import { makeCallerLimits } from "./rate-limit.ts"
import { routes } from "./routes.ts"
import { serve } from "./serve.ts"

/** The admin API with these collaborators. */
export function createApi(deps: Deps): Hono {
  const app = new Hono()
  const limits = makeCallerLimits(deps.rateLimit, deps.table.now)
  for (const route of routes) {
    const path = route.path.replaceAll("{", ":").replaceAll("}", "")
    app.on(route.method.toUpperCase(), path, (c) => serve(deps, limits, route, c))
  }
  mountPortal(app, deps, limits)
  app.all("*", (c) => serve(deps, limits, undefined, c))
  return app
}

let api: ReturnType<typeof handle> | undefined

export const handler = async (event: LambdaEvent, context: LambdaContext) => {
  api ??= handle(createApi(await resources()))
  return api(event, context)
}
