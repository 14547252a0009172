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

/** A value that the schema takes, out of its own examples. */
export function exampleOf(schema: JsonSchema, components: JsonSchema): unknown {
  const { $ref, examples, anyOf, properties, items, prefixItems } = schema
  if (typeof $ref === "string") {
    return exampleOf(components[$ref.split("/").at(-1)!] as JsonSchema, components)
  }
  if (Array.isArray(examples)) return examples[0]
  if ("default" in schema) return schema["default"]
  if ("const" in schema) return schema["const"]
  if (Array.isArray(schema["enum"])) return schema["enum"][0]
  if (Array.isArray(anyOf)) return exampleOf(anyOf[0] as JsonSchema, components)
  if (Array.isArray(prefixItems)) {
    return prefixItems.map((item) => exampleOf(item as JsonSchema, components))
  }
  switch ([schema["type"]].flat()[0]) {
    case "object":
      return Object.fromEntries(
        Object.entries((properties ?? {}) as Record<string, JsonSchema>).map(([name, property]) => [
          name,
          exampleOf(property, components),
        ]),
      )
    case "array":
      return items ? [exampleOf(items as JsonSchema, components)] : []
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
