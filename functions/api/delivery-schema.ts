import * as v from "valibot"
import * as Delivery from "@ringback/store/delivery"
import { deliveryRefOf } from "@ringback/store/item-keys"
import type { Caller } from "./authenticate.ts"
import { seesMasked, withMaskedUrls } from "./masked-url.ts"
import { id } from "./schemas.ts"
import { formatMillis, Time } from "./time.ts"

export const deliveryIdSchema = v.pipe(
  v.string(),
  v.regex(/^dlv_[0-9a-hjkmnp-tv-z]{32}$/),
  v.examples(["dlv_06fzk3vq8r000006m5x0c9d7g4h1jtw2"]),
)

export const eventIdSchema = v.pipe(
  v.string(),
  v.regex(/^evt_[0-9a-hjkmnp-tv-z]{32}$/),
  v.examples(["evt_32mhns9q8r2m5x0c9d7g4h1jtw0a1b2c"]),
)

const entries = {
  id: deliveryIdSchema,
  eventId: eventIdSchema,
  eventType: v.pipe(v.string(), v.examples(["campaign.updated"])),
  endpointId: id("ep"),
  status: v.pipe(
    v.picklist(Delivery.DELIVERY_STATUSES),
    v.description(
      "pending: waits for another attempt. failed: no attempts are left. held: the endpoint is disabled. discarded: what it belonged to was deleted, or the event was refuted",
    ),
  ),
  attemptCount: v.pipe(v.number(), v.integer()),
  nextAttemptAt: v.pipe(v.nullable(Time), v.description("Null: no attempt is planned")),
  createdAt: v.pipe(Time, v.description("When the event was received")),
}

export const DeliveryAnswer = v.pipe(
  v.object(entries),
  v.description("The delivery of one event to one endpoint, over any number of attempts"),
)

export const StepAnswer = v.object({
  method: v.string(),
  url: v.string(),
  statusCode: v.pipe(
    v.nullable(v.pipe(v.number(), v.integer())),
    v.description("Null: there was no response"),
  ),
  durationMs: v.number(),
})

export const AttemptAnswer = v.object({
  id: v.string(),
  at: Time,
  statusCode: v.pipe(
    v.nullable(v.pipe(v.number(), v.integer())),
    v.description("Null: there was no response"),
    v.examples([204]),
  ),
  durationMs: v.pipe(v.number(), v.examples([37])),
  error: v.pipe(
    v.nullable(v.string()),
    v.description("Null: delivered. For a delivered call, this can be why it was skipped"),
    v.examples([null]),
  ),
  responseBody: v.pipe(
    v.nullable(v.string()),
    v.description("The first 1 KB, for failures only"),
    v.examples([null]),
  ),
  steps: v.exactOptional(
    v.pipe(v.array(StepAnswer), v.description("The requests of an attempt that needed several")),
  ),
})

export const DeliveryWithAttempts = v.object({
  ...entries,
  reason: v.pipe(
    v.nullable(v.string()),
    v.description("Why the delivery is held, failed or discarded"),
  ),
  attempts: v.pipe(v.array(AttemptAnswer), v.description("Oldest first; the last 50")),
})

export const showDelivery = (delivery: Delivery.Delivery) => ({
  id: Delivery.idOf(delivery),
  eventId: delivery.eventId,
  eventType: delivery.eventType,
  endpointId: delivery.endpointId,
  status: delivery.status,
  attemptCount: delivery.attemptCount,
  nextAttemptAt: nextAttemptAt(delivery),
  createdAt: formatMillis(deliveryRefOf(delivery).createdAt),
})

const nextAttemptAt = ({ status, nextAt }: Delivery.Delivery) =>
  status === "pending" && nextAt !== undefined ? formatMillis(nextAt) : null

export function showWithAttempts(delivery: Delivery.Delivery, caller: Caller) {
  // The error of a redirect names its target, often the endpoint's own URL with a slash more.
  const shown = (error: string | null) =>
    error !== null && seesMasked(caller) ? withMaskedUrls(error) : error
  return {
    ...showDelivery(delivery),
    reason: delivery.reason ?? null,
    attempts: delivery.attempts.map(({ at, error, ...rest }) => ({
      ...rest,
      error: shown(error),
      at: formatMillis(at),
    })),
  }
}
