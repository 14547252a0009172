import { orders } from "@ringback/webhooks/endpoint"
import { outcomes } from "@ringback/events/call-outcome"
import { DELIVERY_STATUSES } from "@ringback/store/delivery"
import { FOUND_KINDS } from "@ringback/store/find"
import { SOURCE_STATUSES } from "@ringback/store/heartbeat"
import { storedKinds } from "@ringback/store/record"
import { AuditAnswer } from "./audit.ts"
import { CreatedKey, KeyAnswer, KeyInput } from "./api-keys.ts"
import { TenantCost } from "./cost.ts"
import { DeadLetterQueue, RedrivenQueue, RedriveInput } from "./dead-letters.ts"
import {
  AttemptAnswer,
  DeliveryAnswer,
  DeliveryWithAttempts,
  StepAnswer,
} from "./delivery-schema.ts"
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
import { LetterAnswer } from "./queue-message.ts"
import { AckAnswer, AckInput, FetchInput, MessageAnswer } from "./messages.ts"
import { FieldError, Problem, problems } from "./problem.ts"
import { AuthAnswer, ConnectorAnswer, outboundSchemas } from "./outbound-schema.ts"
import { PreviewAnswer, PreviewInput } from "./preview.ts"
import { PortalLink, PortalLinkInput } from "./portal-links.ts"
import { RecordAnswer } from "./records.ts"
import { RecoveryCount, RecoveryInput, StartedRecovery } from "./recover.ts"
import { FoundAnswer } from "./search.ts"
import { SourceInput, SourceAnswer, SourceRotationInput, SourceWithToken } from "./sources.ts"
import { TenantInput, TenantAnswer } from "./tenants.ts"

const shared = { FilterValue }

/** The named schemas of responses. */
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
  Message: MessageAnswer,
  AckResult: AckAnswer,
  Record: RecordAnswer,
  Job: JobAnswer,
  StartedErasure,
  Delivery: DeliveryAnswer,
  DeliveryWithAttempts,
  Attempt: AttemptAnswer,
  AttemptStep: StepAnswer,
  Auth: AuthAnswer,
  Connector: ConnectorAnswer,
  Preview: PreviewAnswer,
  AuditEntry: AuditAnswer,
  Found: FoundAnswer,
  QueueMessage: LetterAnswer,
  DeadLetterQueue,
  RedrivenQueue,
  TenantCost,
  FieldError,
  Problem,
}

/** The named schemas of requests. */
export const requestSchemas = {
  ...shared,
  ...outboundSchemas,
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
  PreviewInput,
  FetchInput,
  AckInput,
}

/**
 * The names of enums and unions of enums, wherever they occur. Others are named after the first
 * place that has them.
 */
export const choices: Record<string, readonly unknown[]> = {
  DeliveryStatus: DELIVERY_STATUSES,
  SourceStatus: SOURCE_STATUSES,
  RecordKind: storedKinds,
  Signing: Signing.options,
  DisabledReason: DisabledReason.options,
  Order: orders,
  CallOutcome: outcomes,
  QueueName: QUEUE_NAMES,
  FoundKind: FOUND_KINDS,
  ProblemCode: Object.keys(problems),
  IntegerOrText: [{ type: "integer" }, { type: "string" }],
}
