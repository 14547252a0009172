import { outcomes } from "@ringback/events/outcome"
import { DELIVERY_STATUSES } from "@ringback/store/delivery"
import { FOUND_KINDS } from "@ringback/store/find"
import { SOURCE_STATUSES } from "@ringback/store/heartbeat"
import { recordKinds } from "@ringback/store/record"
import { AuditAnswer } from "./audit.ts"
import { CreatedKey, KeyAnswer, KeyInput } from "./keys.ts"
import { TenantCost } from "./cost.ts"
import { DeadLetterQueue, RedrivenQueue, RedriveInput } from "./dead-letters.ts"
import { AttemptAnswer, DeliveryAnswer, DeliveryWithAttempts } from "./delivery-schema.ts"
import { DeliveryCounts, EndpointStats, TestResult, WindowStats } from "./endpoint-actions.ts"
import { QUEUE_NAMES } from "./deps.ts"
import {
  DisabledReason,
  EndpointAnswer,
  EndpointChanges,
  EndpointWithSecret,
  EndpointInput,
  FilterValue,
  Signing,
} from "./endpoint-schema.ts"
import { RotatedSecret, SecretAnswer, SecretRotationInput } from "./endpoint-secrets.ts"
import { EraseInput, JobAnswer, StartedErasure } from "./erase.ts"
import { EventTypeAnswer } from "./event-types.ts"
import { EventAnswer, EventWithDeliveries } from "./events.ts"
import { LetterAnswer } from "./letter.ts"
import { FieldError, Problem, problems } from "./problem.ts"
import { PortalLink, PortalLinkInput } from "./portal-links.ts"
import { RecordAnswer } from "./records.ts"
import { RecoveryCount, RecoveryInput, StartedRecovery } from "./recover.ts"
import { FoundAnswer } from "./search.ts"
import { SourceInput, SourceAnswer, SourceRotationInput, SourceWithToken } from "./sources.ts"
import { TenantInput, TenantAnswer } from "./tenants.ts"

const shared = { FilterValue }

/** The schemas that have a name of their own in the document: of what is answered, */
export const answerSchemas = {
  ...shared,
  Tenant: TenantAnswer,
  Key: KeyAnswer,
  CreatedKey,
  PortalLink,
  Source: SourceAnswer,
  SourceWithToken,
  Endpoint: EndpointAnswer,
  EndpointWithSecret,
  Secret: SecretAnswer,
  RotatedSecret,
  TestResult,
  DeliveryCounts,
  WindowStats,
  EndpointStats,
  RecoveryCount,
  StartedRecovery,
  EventType: EventTypeAnswer,
  Event: EventAnswer,
  EventWithDeliveries,
  Record: RecordAnswer,
  Job: JobAnswer,
  StartedErasure,
  Delivery: DeliveryAnswer,
  DeliveryWithAttempts,
  Attempt: AttemptAnswer,
  AuditEntry: AuditAnswer,
  Found: FoundAnswer,
  QueueMessage: LetterAnswer,
  DeadLetterQueue,
  RedrivenQueue,
  TenantCost,
  FieldError,
  Problem,
}

/** and of what is asked. */
export const requestSchemas = {
  ...shared,
  TenantInput,
  KeyInput,
  PortalLinkInput,
  SourceInput,
  SourceRotationInput,
  EndpointInput,
  EndpointChanges,
  SecretRotationInput,
  RecoveryInput,
  EraseInput,
  RedriveInput,
}

/** What an enum or a union of those is called, wherever it is; others are called after the first place that has them. */
export const choices: Record<string, readonly unknown[]> = {
  DeliveryStatus: DELIVERY_STATUSES,
  SourceStatus: SOURCE_STATUSES,
  RecordKind: recordKinds,
  Signing: Signing.options,
  DisabledReason: DisabledReason.options,
  CallOutcome: outcomes,
  QueueName: QUEUE_NAMES,
  FoundKind: FOUND_KINDS,
  ProblemCode: Object.keys(problems),
  IntegerOrText: [{ type: "integer" }, { type: "string" }],
}
