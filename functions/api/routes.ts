import { collectorCheckRoutes } from "./collector-check.ts"
import { deliveryRoutes } from "./deliveries.ts"
import { endpointActionRoutes } from "./endpoint-actions.ts"
import { endpointRoutes } from "./endpoints.ts"
import { endpointSecretRoutes } from "./endpoint-secrets.ts"
import { eventTypeRoutes } from "./event-types.ts"
import { eventRoutes } from "./events.ts"
import { keyRoutes } from "./keys.ts"
import { openRoutes } from "./open.ts"
import { portalLinkRoutes } from "./portal-links.ts"
import { recoverRoutes } from "./recover.ts"
import type { Route } from "./route.ts"
import { sourceRoutes } from "./sources.ts"
import { sourceTestRoutes } from "./source-test.ts"
import { tenantRoutes } from "./tenants.ts"
import { whoamiRoutes } from "./whoami.ts"

/** All that the API has, in the order of its document. */
export const routes: readonly Route[] = [
  ...tenantRoutes,
  ...keyRoutes,
  ...whoamiRoutes,
  ...portalLinkRoutes,
  ...sourceRoutes,
  ...sourceTestRoutes,
  ...collectorCheckRoutes,
  ...endpointRoutes,
  ...endpointSecretRoutes,
  ...endpointActionRoutes,
  ...recoverRoutes,
  ...eventTypeRoutes,
  ...eventRoutes,
  ...deliveryRoutes,
  ...openRoutes,
]

const patterns = routes.map(({ path, method }) => ({
  method: method.toUpperCase(),
  pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
}))

/** The methods that a path takes; none where there is no such path. */
export function allowedMethods(path: string): string[] {
  const methods = patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
  return methods.includes("GET") ? [...methods, "HEAD"] : methods
}
