import type { JsonSchema } from "./json-schema.ts"

// Code generators support a part of JSON Schema. What they misread is rewritten in a form that all
// of them read correctly.

type Change = (schema: JsonSchema, keyword: string, property?: string) => JsonSchema

const LISTS = ["anyOf", "oneOf", "prefixItems"]
const SCHEMAS = ["items", "additionalProperties", "propertyNames"]

/** The schema with its direct subschemas changed. */
export function mapChildren(schema: JsonSchema, change: Change): JsonSchema {
  return mapValues(schema, (value, keyword) => {
    if (keyword === "properties") {
      return mapValues(value as JsonSchema, (each, name) =>
        change(each as JsonSchema, keyword, name),
      )
    }
    if (LISTS.includes(keyword)) return (value as JsonSchema[]).map((each) => change(each, keyword))
    const isSchema = SCHEMAS.includes(keyword) && typeof value === "object"
    return isSchema ? change(value as JsonSchema, keyword) : value
  })
}

const mapValues = (object: JsonSchema, change: (value: unknown, key: string) => unknown) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]))

/**
 * An equivalent schema for generators. It accepts the same values, except that a literal boolean
 * may be either.
 */
export function makePortable(schema: JsonSchema): JsonSchema {
  return [
    withAnyOf,
    withPlainNames,
    withPlainConst,
    withPlainTuple,
    withFlatUnion,
    withSaidDefault,
  ].reduce(
    (changed, step) => step(changed),
    mapChildren(schema, (child) => makePortable(child)),
  )
}

// The alternatives differ in a discriminating field, so anyOf and oneOf are equivalent.
function withAnyOf({ oneOf, ...schema }: JsonSchema): JsonSchema {
  return oneOf === undefined ? schema : { ...schema, anyOf: oneOf }
}

// `propertyNames: { type: "string" }` adds nothing, and few generators know the keyword.
function withPlainNames(schema: JsonSchema): JsonSchema {
  const { propertyNames, ...rest } = schema
  const says = Object.keys((propertyNames ?? {}) as JsonSchema).filter((key) => key !== "type")
  return says.length > 0 ? schema : rest
}

function withPlainConst(schema: JsonSchema): JsonSchema {
  if (!("const" in schema)) return schema
  const { const: value, ...rest } = schema
  return typeof value === "boolean"
    ? { type: "boolean", ...rest }
    : { type: typeof value, ...schema }
}

// A tuple of two strings becomes a list of two strings.
function withPlainTuple(schema: JsonSchema): JsonSchema {
  const { prefixItems, ...rest } = schema
  if (!Array.isArray(prefixItems)) return schema
  const [first] = prefixItems as JsonSchema[]
  const isUniform = prefixItems.every((each) => JSON.stringify(each) === JSON.stringify(first))
  return isUniform ? { ...rest, items: first, maxItems: prefixItems.length } : schema
}

// One list of alternatives, and `null` as a second type if there is one alternative besides it.
function withFlatUnion(schema: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = schema
  if (!Array.isArray(anyOf)) return schema
  const all = (anyOf as JsonSchema[]).flatMap((each) =>
    Object.keys(each).length === 1 && Array.isArray(each["anyOf"])
      ? (each["anyOf"] as JsonSchema[])
      : [each],
  )
  const [value, ...others] = all.filter(({ type }) => type !== "null")
  const isPlain =
    typeof value?.["type"] === "string" &&
    others.length === 0 &&
    !("enum" in value || "properties" in value)
  return isPlain ? { ...value, type: [value["type"], "null"], ...rest } : { anyOf: all, ...rest }
}

// Some generators make a field with a default required.
function withSaidDefault(schema: JsonSchema): JsonSchema {
  if (!("default" in schema)) return schema
  const { default: value, ...rest } = schema
  if (value === null) return rest
  const said = `Default: \`${JSON.stringify(value)}\``
  const { description } = schema
  return {
    ...rest,
    description: description === undefined ? said : `${description as string}. ${said}`,
  }
}
