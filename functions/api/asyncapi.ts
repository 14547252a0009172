import { eventTypes } from "@ringback/events/documented-event-types"
import type { JsonSchema } from "./json-schema.ts"
import * as prose from "./openapi-prose.ts"

type OpenApi = {
  info: { version: string; license: object }
  webhooks: Record<string, { post: WebhookOperation }>
  components: { schemas: Record<string, JsonSchema> }
}
type WebhookOperation = {
  requestBody: { content: { "application/json": { schema: { $ref: string }; example: unknown } } }
}

/**
 * The AsyncAPI 3 document of the webhooks that endpoints receive, generated from the OpenAPI
 * document's webhooks.
 */
export function makeAsyncApi(document: object): JsonSchema {
  const { info, webhooks, components } = document as OpenApi
  const messages = eventTypes.map(({ type, description }) => {
    const { schema, example } = webhooks[type]!.post.requestBody.content["application/json"]
    const message = {
      name: type,
      title: type,
      summary: description,
      contentType: "application/json",
      headers: { $ref: "#/components/schemas/WebhookHeaders" },
      payload: schema,
      examples: [{ name: type, payload: example }],
    }
    return [type, message] as const
  })
  const schemas = reachableFrom(
    messages.map(([, { payload }]) => payload),
    components.schemas,
  )
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Ringback webhooks",
      version: info.version,
      description:
        "What an endpoint receives, signed as in Standard Webhooks 1.0. `ami.` events, which a collector sends only if configured to, are not listed. How to receive webhooks: `/docs/receiving`.",
      license: { name: "MIT" },
    },
    defaultContentType: "application/json",
    channels: {
      endpoint: {
        address: null,
        description: "The URL of an endpoint",
        messages: Object.fromEntries(
          messages.map(([type]) => [type, { $ref: `#/components/messages/${type}` }]),
        ),
      },
    },
    operations: {
      deliver: {
        action: "send",
        channel: { $ref: "#/channels/endpoint" },
        summary: "A POST for each event, repeated until the endpoint answers 2xx",
        bindings: { http: { method: "POST", bindingVersion: "0.3.0" } },
      },
    },
    components: {
      messages: Object.fromEntries(messages),
      schemas: { ...schemas, WebhookHeaders: headersSchema() },
    },
  }
}

function headersSchema(): JsonSchema {
  const properties = prose.webhookHeaders.map(({ name, description, schema }) => [
    name,
    { ...schema, description },
  ])
  const required = prose.webhookHeaders.filter((header) => header.required)
  return {
    type: "object",
    properties: Object.fromEntries(properties),
    required: required.map(({ name }) => name),
  }
}

const REFERENCE = /"\$ref":"#\/components\/schemas\/([^"]+)"/g

function reachableFrom(roots: JsonSchema[], schemas: Record<string, JsonSchema>) {
  const found = new Map<string, JsonSchema>()
  function follow(schema: JsonSchema): void {
    for (const [, name] of JSON.stringify(schema).matchAll(REFERENCE)) {
      if (found.has(name!)) continue
      found.set(name!, schemas[name!]!)
      follow(schemas[name!]!)
    }
  }
  for (const root of roots) follow(root)
  return Object.fromEntries(found)
}
