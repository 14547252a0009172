import type { OperatorPage, TenantPage } from "./page.ts"
import { deliveryPages } from "./pages/deliveries.ts"
import { deliveryActions } from "./pages/delivery.ts"
import { endpointPages } from "./pages/endpoints.ts"
import { endpointActionPages } from "./pages/endpoint-actions.ts"
import { endpointFormPages } from "./pages/endpoint-edit.ts"
import { endpointPage } from "./pages/endpoint.ts"
import { eventPages } from "./pages/events.ts"
import { eventTypePages } from "./pages/event-types.ts"
import { keyPages } from "./pages/keys.ts"
import { overviewPages } from "./pages/overview.ts"
import { recoverPages } from "./pages/recover.ts"
import { sourcePages } from "./pages/sources.ts"
import { sourceActions } from "./pages/source.ts"
import { tenantPages as ofTenants } from "./pages/tenants.ts"

export const operatorPages: readonly OperatorPage[] = [...ofTenants]

// Fixed words before ids: `/endpoints/new` is no endpoint.
export const tenantPages: readonly TenantPage[] = [
  ...overviewPages,
  ...endpointPages,
  ...endpointFormPages,
  ...endpointPage,
  ...endpointActionPages,
  ...recoverPages,
  ...deliveryPages,
  ...deliveryActions,
  ...eventPages,
  ...sourcePages,
  ...sourceActions,
  ...keyPages,
  ...eventTypePages,
]
