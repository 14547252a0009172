import type { JsonSchema } from "./schema-files.ts"

/** A JSON Schema as TypeScript. Knows what the catalog's schemas use, and throws at anything else. */
export function typeText(schema: JsonSchema): string {
  const { const: constant, enum: values, anyOf, type } = schema
  if (constant !== undefined) return JSON.stringify(constant)
  if (values) return values.map((value) => JSON.stringify(value)).join(" | ")
  if (anyOf) return [...new Set(anyOf.map(typeText))].join(" | ")
  if (type === "object") return objectText(schema)
  if (type === "integer") return "number"
  if (type === "string" || type === "number" || type === "boolean" || type === "null") return type
  throw new Error(`No TypeScript is known for ${JSON.stringify(schema)}`)
}

/** The members of an object type, with their descriptions. */
export function membersText(schema: JsonSchema): string {
  const { properties = {}, required = [], additionalProperties } = schema
  const members = Object.entries(properties).map(([name, property]) => {
    const mark = required.includes(name) ? "" : "?"
    return `${commentText(property)}${name}${mark}: ${typeText(property)}`
  })
  // A loose object: what the PBX adds in a later release is kept.
  const isLoose = additionalProperties === undefined || isAnything(additionalProperties)
  return [...members, ...(isLoose ? ["[name: string]: unknown"] : [])].join("\n")
}

function objectText(schema: JsonSchema): string {
  const { properties, additionalProperties } = schema
  if (!properties && additionalProperties && !isAnything(additionalProperties)) {
    return `Record<string, ${typeText(additionalProperties as JsonSchema)}>`
  }
  return `{\n${membersText(schema)}\n}`
}

const isAnything = (schema: JsonSchema | boolean) =>
  schema === true || (typeof schema === "object" && Object.keys(schema).length === 0)

const commentText = ({ description }: JsonSchema) => (description ? `/** ${description} */\n` : "")
