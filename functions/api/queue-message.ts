import type { Message } from "@aws-sdk/client-sqs"
import * as v from "valibot"
import { formatMillis, Time } from "./time.ts"

const MAX_LETTERS = 50
const USUAL_LETTERS = 10

export const limitOf = (what: string) =>
  v.pipe(
    v.optional(
      v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_LETTERS)),
      USUAL_LETTERS,
    ),
    v.description(`${what}, at most`),
  )

const named = (description: string) => v.pipe(v.nullable(v.string()), v.description(description))

/** A message of a queue that people read. */
export const LetterAnswer = v.object({
  id: v.pipe(v.string(), v.description("SQS's id of the message")),
  sentAt: Time,
  reason: named("Why ingest rejected it. Null: the worker's log has the reason for the failure"),
  kind: named("Its kind, as the message claims"),
  tenantId: named("As the message claims"),
  sourceId: named("As the message claims"),
  endpointId: named("As the message claims"),
  eventId: named("As the message claims"),
  deliveryId: named("As the message claims"),
  body: v.pipe(v.string(), v.description("Its first 1,000 characters")),
})

const BODY_LENGTH = 1000

export function showLetter(message: Message): v.InferOutput<typeof LetterAnswer> {
  const { MessageId = "", Body = "", Attributes = {}, MessageAttributes = {} } = message
  const said = readable(Body)
  const text = (name: string) => {
    const value = said[name]
    return typeof value === "string" ? value.slice(0, 100) : null
  }
  return {
    id: MessageId,
    sentAt: formatMillis(Number(Attributes.SentTimestamp ?? 0)),
    reason: MessageAttributes["reason"]?.StringValue ?? null,
    kind: text("kind") ?? (text("deliveryId") === null ? null : "delivery"),
    tenantId: text("tenant"),
    sourceId: text("source") ?? text("sourceId"),
    endpointId: text("endpointId"),
    eventId: text("eventId"),
    deliveryId: text("deliveryId"),
    body: Body.slice(0, BODY_LENGTH),
  }
}

// In a collector's message, the JSON follows a key's name and a signature. A body that cannot be
// parsed is shown unchanged.
function readable(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.slice(Math.max(0, body.indexOf("{"))))
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
