import { toJsonSchema, toJsonSchemaDefs, type ConversionConfig } from "@valibot/to-json-schema"
import type * as v from "valibot"

export type JsonSchema = { [keyword: string]: unknown }

/** Turns schemas into JSON Schema, those with a name into references to the document's components. */
export type Converter = { convert: (schema: v.GenericSchema) => JsonSchema; defs: JsonSchema }

/** `typeMode`: what is sent to us (`input`) may leave out what has a default; what we answer (`output`) has it. */
export function makeConverter(
  definitions: Record<string, v.GenericSchema>,
  typeMode: "input" | "output",
): Converter {
  const config: ConversionConfig = {
    definitions,
    typeMode,
    target: "draft-2020-12",
    // What a check says is in the field's description or in its format.
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
 * A value that the schema takes, out of its own examples. An answer's has every field; a request's those that must be
 * given, and those that have an example of their own.
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
