import { auditRoutes } from "./audit.ts"
import { collectorCheckRoutes } from "./collector-check.ts"
import { costRoutes } from "./cost.ts"
import { deadLetterRoutes } from "./dead-letters.ts"
import { deliveryRoutes } from "./deliveries.ts"
import { endpointActionRoutes } from "./endpoint-actions.ts"
import { endpointRoutes } from "./endpoints.ts"
import { endpointSecretRoutes } from "./endpoint-secrets.ts"
import { eraseRoutes } from "./erase.ts"
import { eventTypeRoutes } from "./event-types.ts"
import { eventRoutes } from "./events.ts"
import { keyRoutes } from "./api-keys.ts"
import { messageRoutes } from "./messages.ts"
import { openRoutes } from "./service-routes.ts"
import { previewRoutes } from "./preview.ts"
import { portalLinkRoutes } from "./portal-links.ts"
import { recordRoutes } from "./records.ts"
import { recoverRoutes } from "./recover.ts"
import { rejectedRoutes } from "./rejected.ts"
import type { Route } from "./route.ts"
import { searchRoutes } from "./search.ts"
import { sourceRoutes } from "./sources.ts"
import { sourceTestRoutes } from "./source-test.ts"
import { tenantRoutes } from "./tenants.ts"
import { tenantStatsRoutes } from "./tenant-stats.ts"
import { whoamiRoutes } from "./whoami.ts"

/** All routes of the API, in the order of its document. */
export const routes: readonly Route[] = [
  ...tenantRoutes,
  ...tenantStatsRoutes,
  ...keyRoutes,
  ...whoamiRoutes,
  ...portalLinkRoutes,
  ...sourceRoutes,
  ...sourceTestRoutes,
  ...collectorCheckRoutes,
  ...endpointRoutes,
  ...previewRoutes,
  ...endpointSecretRoutes,
  ...endpointActionRoutes,
  ...recoverRoutes,
  ...messageRoutes,
  ...eventTypeRoutes,
  ...eventRoutes,
  ...recordRoutes,
  ...deliveryRoutes,
  ...eraseRoutes,
  ...auditRoutes,
  ...searchRoutes,
  ...deadLetterRoutes,
  ...rejectedRoutes,
  ...costRoutes,
  ...openRoutes,
]

const patterns = routes.map(({ path, method }) => ({
  method: method.toUpperCase(),
  pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
}))

/** The methods that a path supports. Empty if there is no such path. */
export function allowedMethods(path: string): string[] {
  const methods = patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
  return methods.includes("GET") ? [...methods, "HEAD"] : methods
}
