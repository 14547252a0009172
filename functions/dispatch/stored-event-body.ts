import { formatMillis, formatNanos } from "@ringback/events/stamp"
import { translate, type Translated } from "@ringback/events/translate"
import {
  formatWebhook,
  webhookOf as makeWebhook,
  type Webhook,
} from "@ringback/events/webhook-body"
import { headersOf, idOf, timeOf, type StoredEvent } from "@ringback/store/event"

/** The body that every attempt for this event sends, identical in every byte. */
export const bodyOf = (tenant: string, event: StoredEvent): string =>
  formatWebhook(webhookOf(tenant, event))

/**
 * The same as a value. `translated`: the translation of the event's headers, if the caller already
 * has it.
 */
export function webhookOf(tenant: string, event: StoredEvent, translated?: Translated): Webhook {
  const { source, synthetic, truncated, test } = event
  const context = {
    id: idOf(event),
    tenant,
    source,
    ...(synthetic === undefined ? {} : { synthetic: true }),
    ...(truncated ? { truncated } : {}),
    ...(test ? { test } : {}),
  }
  // An event that was erased just after its translation must be empty nevertheless.
  return makeWebhook(context, (event.erased ? undefined : translated) ?? contentOf(event))
}

function contentOf(event: StoredEvent): Omit<Translated, "subject"> {
  const { receivedAt, truncated } = event
  if (event.erased) {
    const timestamp = event.timestamp ?? formatNanos(timeOf(event))
    const observedAt = event.observedAt ?? formatMillis(receivedAt)
    return { type: event.type, timestamp, observedAt, data: {} }
  }
  if (event.data !== undefined) {
    const observedAt = event.observedAt ?? formatMillis(receivedAt)
    const data = JSON.parse(event.data) as Record<string, unknown>
    return { type: event.type, timestamp: event.timestamp ?? observedAt, observedAt, data }
  }
  const translated = translate(headersOf(event), {
    receivedAt,
    withoutVariables: truncated ?? false,
  })
  if (!translated) throw new Error(`${idOf(event)} has no event name`)
  return translated
}
