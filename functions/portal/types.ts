import type * as v from "valibot"
import type { DeliveryAnswer, DeliveryWithAttempts } from "../api/delivery-schema.ts"
import type { EndpointStats as Stats } from "../api/endpoint-actions.ts"
import type { EndpointAnswer, EndpointWithSecret } from "../api/endpoint-schema.ts"
import type { EventTypeAnswer } from "../api/event-types.ts"
import type { EventAnswer, EventWithDeliveries as Whole } from "../api/events.ts"
import type { CreatedKey as Created, KeyAnswer } from "../api/api-keys.ts"
import type { SourceAnswer, SourceWithToken as Tokened } from "../api/sources.ts"
import type { TenantAnswer } from "../api/tenants.ts"
import type { TenantStats as OfTenant } from "../api/tenant-stats.ts"

// The API's answers, typed by its schemas.
export type Tenant = v.InferOutput<typeof TenantAnswer>
export type Endpoint = v.InferOutput<typeof EndpointAnswer>
export type CreatedEndpoint = v.InferOutput<typeof EndpointWithSecret>
export type EndpointStats = v.InferOutput<typeof Stats>
export type TenantStats = v.InferOutput<typeof OfTenant>
export type Source = v.InferOutput<typeof SourceAnswer>
export type SourceWithToken = v.InferOutput<typeof Tokened>
export type Key = v.InferOutput<typeof KeyAnswer>
export type CreatedKey = v.InferOutput<typeof Created>
export type Event = v.InferOutput<typeof EventAnswer>
export type EventWithDeliveries = v.InferOutput<typeof Whole>
export type Delivery = v.InferOutput<typeof DeliveryAnswer>
export type DeliveryDetail = v.InferOutput<typeof DeliveryWithAttempts>
export type EventType = v.InferOutput<typeof EventTypeAnswer>
export type Page<T> = { data: T[]; nextCursor: string | null }
