import type { OperatorPage, TenantPage } from "./page.ts"
import { auditPages, operatorAuditPages } from "./pages/audit.ts"
import { callPage } from "./pages/call.ts"
import { callPages } from "./pages/calls.ts"
import { costPages } from "./pages/cost.ts"
import { operationPages } from "./pages/operation.ts"
import { searchPages } from "./pages/search.ts"
import { deliveryPages } from "./pages/deliveries.ts"
import { deliveryActions } from "./pages/delivery.ts"
import { endpointPages } from "./pages/endpoints.ts"
import { endpointActionPages } from "./pages/endpoint-actions.ts"
import { endpointFormPages } from "./pages/endpoint-edit.ts"
import { endpointPage } from "./pages/endpoint.ts"
import { eventPages } from "./pages/events.ts"
import { eventTypePages } from "./pages/event-types.ts"
import { keyPages } from "./pages/api-keys.ts"
import { overviewPages } from "./pages/overview.ts"
import { recoverPages } from "./pages/recover.ts"
import { sourcePages } from "./pages/sources.ts"
import { sourceActions } from "./pages/source.ts"
import { tenantPages as tenantListPages } from "./pages/tenants.ts"

export const operatorPages: readonly OperatorPage[] = [
  ...tenantListPages,
  ...searchPages,
  ...operationPages,
  ...costPages,
  ...operatorAuditPages,
]

// Fixed paths come before those with an id: `/endpoints/new` is not an endpoint.
export const tenantPages: readonly TenantPage[] = [
  ...overviewPages,
  ...endpointPages,
  ...endpointFormPages,
  ...endpointPage,
  ...endpointActionPages,
  ...recoverPages,
  ...deliveryPages,
  ...deliveryActions,
  ...callPages,
  ...callPage,
  ...eventPages,
  ...sourcePages,
  ...sourceActions,
  ...keyPages,
  ...auditPages,
  ...eventTypePages,
]
