import { toJsonSchema, toJsonSchemaDefs, type ConversionConfig } from "@valibot/to-json-schema"
import type * as v from "valibot"

export type JsonSchema = { [keyword: string]: unknown }

/**
 * Converts schemas to JSON Schema. Named schemas become references to the document's components.
 */
export type Converter = { convert: (schema: v.GenericSchema) => JsonSchema; defs: JsonSchema }

/**
 * `typeMode`: a request (`input`) can omit fields that have a default. A response (`output`) has
 * them.
 */
export function makeConverter(
  definitions: Record<string, v.GenericSchema>,
  typeMode: "input" | "output",
): Converter {
  const config: ConversionConfig = {
    definitions,
    typeMode,
    target: "draft-2020-12",
    // The rules of a check are in the field's description or format.
    ignoreActions: ["check"],
    overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
  }
  return {
    convert(schema) {
      const { $schema: _, $defs: _defs, ...own } = toJsonSchema(schema, config)
      return own
    },
    defs: toJsonSchemaDefs(definitions, config),
  }
}

/**
 * Builds an example value from the examples in the schema. An example of a response has every
 * field. An example of a request has the required fields and those with their own example.
 */
export function exampleOf(
  schema: JsonSchema,
  components: JsonSchema,
  of: "request" | "answer",
): unknown {
  const { $ref, examples, anyOf, properties, required, items } = schema
  const example = (value: unknown) => exampleOf(value as JsonSchema, components, of)
  if (Array.isArray(examples)) return examples[0]
  if (typeof $ref === "string") return example(components[$ref.split("/").at(-1)!])
  if ("const" in schema) return schema["const"]
  if (Array.isArray(schema["enum"])) return schema["enum"][0]
  if (Array.isArray(anyOf)) return example(anyOf[0])
  switch ([schema["type"]].flat()[0]) {
    case "object":
      return Object.fromEntries(
        Object.entries((properties ?? {}) as Record<string, JsonSchema>)
          .filter(
            ([name, property]) =>
              of === "answer" ||
              (required as string[]).includes(name) ||
              property["examples"] !== undefined,
          )
          .map(([name, property]) => [name, example(property)]),
      )
    case "array":
      return items
        ? Array.from({ length: Number(schema["minItems"] ?? 1) }, () => example(items))
        : []
    case "string":
      return "text"
    case "integer":
    case "number":
      return schema["minimum"] ?? 1
    case "boolean":
      return false
    default:
      return null
  }
}
