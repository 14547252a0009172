import { isDeepStrictEqual } from "node:util"
import { toJsonSchema } from "@valibot/to-json-schema"
import { eventTypes } from "@ringback/events/documented-event-types"
import { refTo, toPascal, type Components } from "./component-names.ts"
import type { JsonSchema } from "./json-schema.ts"
import * as prose from "./openapi-prose.ts"
import { makePortable } from "./portable-schema.ts"

type Webhook = { type: string; schema: JsonSchema; data: JsonSchema }

/**
 * The webhooks that endpoints receive, by event type. Their schemas are added to the components,
 * and their union as `Webhook`.
 */
export function webhooksOf(components: Components): JsonSchema {
  const webhooks = eventTypes.map(({ type, schema }): Webhook => {
    const config = { target: "draft-2020-12", typeMode: "input" } as const
    const { $schema: _, ...json } = toJsonSchema(schema, config)
    const portable = makePortable(json)
    return { type, schema: portable, data: propertiesOf(portable)["data"]! }
  })
  nameSharedEnums(components, webhooks)
  for (const webhook of webhooks) {
    const group = nameOfData(webhook, webhooks)
    const data = components.add(`${group}Data`, webhook.data, group)
    const properties = { ...propertiesOf(webhook.schema), data }
    components.add(nameOf(webhook.type), { ...webhook.schema, properties })
  }
  const names = webhooks.map(({ type }) => [type, refTo(nameOf(type)).$ref] as const)
  components.add("Webhook", {
    description: "What an endpoint can receive, except `ami.` events",
    oneOf: names.map(([, $ref]) => ({ $ref })),
    discriminator: { propertyName: "type", mapping: Object.fromEntries(names) },
  })
  return Object.fromEntries(eventTypes.map(({ type, ...rest }) => [type, webhook(type, rest)]))
}

const webhook = (
  type: string,
  { description, example }: Pick<(typeof eventTypes)[number], "description" | "example">,
) => ({
  post: {
    operationId: `on.${type}`,
    tags: ["Webhooks"],
    summary: type,
    description,
    security: [],
    parameters: prose.webhookHeaders,
    requestBody: {
      required: true,
      content: { "application/json": { schema: refTo(nameOf(type)), example } },
    },
    responses: prose.webhookResponses,
  },
})

const nameOf = (type: string) => `${toPascal(type)}Webhook`

const groupOf = (type: string) => type.split(".")[0]!

const propertiesOf = (schema: JsonSchema) => schema["properties"] as Record<string, JsonSchema>

// `CampaignData` if created, updated and deleted have the same fields, otherwise
// `EndpointDisabledData`.
function nameOfData({ type, data }: Webhook, all: Webhook[]): string {
  const group = all.filter((each) => groupOf(each.type) === groupOf(type))
  const isShared = group.length > 1 && group.every((each) => isDeepStrictEqual(each.data, data))
  return toPascal(isShared ? groupOf(type) : type)
}

// `ResHangupName` if several groups have the same values under one name. Otherwise an enum is named
// after its place.
function nameSharedEnums(components: Components, webhooks: Webhook[]): void {
  const groups = new Map<string, Set<string>>()
  for (const { type, data } of webhooks) {
    for (const [property, schema] of Object.entries(propertiesOf(data))) {
      for (const { enum: values } of [schema, ...((schema["anyOf"] ?? []) as JsonSchema[])]) {
        if (!values) continue
        const key = JSON.stringify([property, values])
        groups.set(key, (groups.get(key) ?? new Set()).add(groupOf(type)))
      }
    }
  }
  for (const [key, { size }] of groups) {
    const [property, values] = JSON.parse(key) as [string, string[]]
    if (size > 1) components.nameChoices(values, toPascal(property))
  }
}
