import { formatMillis, formatNanos } from "@ringback/events/stamp"
import { translate } from "@ringback/events/translate"
import { webhookBody } from "@ringback/events/webhook"
import { headersOf, idOf, timeOf, type StoredEvent } from "@ringback/store/event"

/** The body that every attempt for this event sends, byte for byte. */
export function bodyOf(tenant: string, event: StoredEvent): string {
  const { source, receivedAt, synthetic, truncated } = event
  const marks = {
    id: idOf(event),
    tenant,
    source,
    ...(synthetic === undefined ? {} : { synthetic: true }),
    ...(truncated ? { truncated } : {}),
  }
  if (event.erased) {
    const timestamp = event.timestamp ?? formatNanos(timeOf(event))
    const observedAt = event.observedAt ?? formatMillis(receivedAt)
    return webhookBody(marks, { type: event.type, timestamp, observedAt, data: {} })
  }
  if (event.data !== undefined) {
    const observedAt = event.observedAt ?? formatMillis(receivedAt)
    const data = JSON.parse(event.data) as Record<string, unknown>
    return webhookBody(marks, {
      type: event.type,
      timestamp: event.timestamp ?? observedAt,
      observedAt,
      data,
    })
  }
  const translated = translate(headersOf(event), {
    receivedAt,
    withoutVariables: truncated ?? false,
  })
  if (!translated) throw new Error(`${marks.id} has no event name`)
  return webhookBody(marks, translated)
}
