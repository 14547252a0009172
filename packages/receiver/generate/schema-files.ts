import { toJsonSchema } from "@valibot/to-json-schema"
import { eventTypes, type EventType } from "@ringback/events/documented-event-types"

export type JsonSchema = {
  type?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: JsonSchema[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: JsonSchema | boolean
  description?: string
}

/** The JSON Schema of an event type's whole webhook. */
export const schemaOf = ({ type, description, schema }: EventType) => {
  const { $schema, ...rest } = toJsonSchema(schema, {
    target: "draft-2020-12",
    typeMode: "input",
  })
  return { $schema, title: type, description, ...rest } as JsonSchema
}

/** What `schemas/` holds: a file for each event type. */
export const schemaFiles = (): Map<string, JsonSchema> =>
  new Map(eventTypes.map((eventType) => [`${eventType.type}.json`, schemaOf(eventType)]))
