import { CreatedKey, KeyAnswer, NewKey } from "./keys.ts"
import { AttemptAnswer, DeliveryAnswer, DeliveryWithAttempts } from "./delivery-schema.ts"
import { EndpointStats, TestResult, WindowStats } from "./endpoint-actions.ts"
import {
  EndpointAnswer,
  EndpointChanges,
  EndpointWithSecret,
  NewEndpoint,
} from "./endpoint-schema.ts"
import { RotatedSecret, SecretAnswer, SecretRotation } from "./endpoint-secrets.ts"
import { EventTypeAnswer } from "./event-types.ts"
import { EventAnswer, EventWithDeliveries } from "./events.ts"
import { FieldError, Problem } from "./problem.ts"
import { Recovery } from "./recover.ts"
import { NewSource, SourceAnswer, SourceRotation, SourceWithToken } from "./sources.ts"
import { NewTenant, TenantAnswer } from "./tenants.ts"

/** The schemas that have a name in the document: of what is answered, */
export const answerSchemas = {
  Tenant: TenantAnswer,
  Key: KeyAnswer,
  CreatedKey,
  Source: SourceAnswer,
  SourceWithToken,
  Endpoint: EndpointAnswer,
  EndpointWithSecret,
  Secret: SecretAnswer,
  RotatedSecret,
  TestResult,
  WindowStats,
  EndpointStats,
  EventType: EventTypeAnswer,
  Event: EventAnswer,
  EventWithDeliveries,
  Delivery: DeliveryAnswer,
  DeliveryWithAttempts,
  Attempt: AttemptAnswer,
  FieldError,
  Problem,
}

/** and of what is asked. */
export const requestSchemas = {
  NewTenant,
  NewKey,
  NewSource,
  SourceRotation,
  NewEndpoint,
  EndpointChanges,
  SecretRotation,
  Recovery,
}
