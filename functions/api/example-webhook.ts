import { randomBytes, randomUUID } from "node:crypto"
import { eventTypes, exampleHeaders, findEventType } from "@ringback/events/documented-event-types"
import { HASH_BYTES, makeEventId } from "@ringback/events/ids"
import { formatMillis as formatStamp } from "@ringback/events/stamp"
import { translate } from "@ringback/events/translate"
import { webhookBody } from "@ringback/events/webhook-body"
import type { Endpoint } from "@ringback/webhooks/endpoint"
import { wants } from "@ringback/webhooks/subscription"

const USUAL_TYPE = "campaign.updated"

/**
 * The default type, or the first type that the endpoint subscribes to if it does not subscribe to
 * the default.
 */
export function typeFor({
  eventTypes: wanted,
  connector,
}: Pick<Endpoint, "eventTypes" | "connector">): string {
  const isWanted = (type: string) =>
    wants(
      { eventTypes: wanted, sources: null, filter: null, connector: connector ?? null },
      { type, source: null, webhook: {} },
    )
  if (isWanted(USUAL_TYPE)) return USUAL_TYPE
  return eventTypes.find(({ type }) => isWanted(type))?.type ?? USUAL_TYPE
}

/** An example webhook of this type with the current time. Undefined if there is no such type. */
export function exampleWebhook(type: string, tenant: string, now: number) {
  const eventType = findEventType(type)
  if (!eventType) return undefined
  const id = makeEventId(BigInt(now) * 1_000_000n, randomBytes(HASH_BYTES))
  const source = eventType.example["source"] as string | null
  const headers = exampleHeaders(type, { now, makeUuid: randomUUID })
  const time = formatStamp(now)
  const said = (headers && translate(headers, { receivedAt: now })) ?? {
    type,
    timestamp: time,
    observedAt: time,
    data: eventType.example["data"] as Record<string, unknown>,
  }
  return { id, body: webhookBody({ id, tenant, source }, said) }
}
