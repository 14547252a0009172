type Schema = {
  type?: string | string[]
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  anyOf?: Schema[]
  enum?: unknown[]
  const?: unknown
  items?: Schema
  format?: string
}

export type SchemaRow = { path: string; type: string; description: string; isRequired: boolean }

/** A JSON Schema's fields by their dotted paths, nested ones included. */
export function schemaRows(schema: unknown, prefix = ""): SchemaRow[] {
  const { properties = {}, required = [] } = schema as Schema
  return Object.entries(properties).flatMap(([name, each]) => {
    const path = `${prefix}${name}`
    const inner = objectIn(each)
    const row = {
      path,
      type: typeOf(each),
      description: each.description ?? "",
      isRequired: required.includes(name),
    }
    return inner ? [row, ...schemaRows(inner, `${path}.`)] : [row]
  })
}

const objectIn = (schema: Schema): Schema | undefined =>
  [schema, ...(schema.anyOf ?? [])].find(({ properties }) => properties !== undefined)

function typeOf({ type, anyOf, enum: values, const: value, items, format }: Schema): string {
  if (value !== undefined) return JSON.stringify(value)
  if (values) return values.map((each) => JSON.stringify(each)).join(" or ")
  if (anyOf) return [...new Set(anyOf.map(typeOf))].join(" or ")
  if (items) return `list of ${typeOf(items)}`
  const words = [type ?? "anything"].flat().join(" or ")
  return format ? `${words}, ${format}` : words
}
