import { isDeepStrictEqual } from "node:util"
import type { JsonSchema } from "./json-schema.ts"
import { mapChildren } from "./portable-schema.ts"

/** `campaign.updated` and `resHangupName` as parts of a type's name. */
export const toPascal = (text: string) =>
  text
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("")

export const refTo = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` })

/** The document's named schemas: no object, enum or union is left without a name, for generators would invent one. */
export class Components {
  readonly schemas: Record<string, JsonSchema> = {}
  readonly #enums = new Map<string, string>()

  /** An enum of those values has that name, wherever it is met. Else it has the one under which it is met first. */
  nameEnum(values: unknown, name: string): void {
    const text = JSON.stringify(values)
    if (!this.#enums.has(text)) this.#enums.set(text, name)
  }

  /** Adds a schema under its name, those within it under names that begin with `prefix`. */
  add(name: string, schema: JsonSchema, prefix = name): JsonSchema {
    return this.#register(name, this.#nameChildren(schema, prefix))
  }

  /** The schema, or a reference where it is one that has to have a name: that of its values, or the one given. */
  name(schema: JsonSchema, name: string): JsonSchema {
    if ("$ref" in schema) return schema
    const named = this.#nameChildren(schema, name)
    if (!needsName(named)) return named
    const { description, ...rest } = named
    if (!("enum" in named)) return this.#register(name, named)
    const values = JSON.stringify(named["enum"])
    if (!this.#enums.has(values)) this.#enums.set(values, name)
    const ref = this.#register(this.#enums.get(values)!, rest)
    return description === undefined ? ref : { ...ref, description }
  }

  #nameChildren(schema: JsonSchema, prefix: string): JsonSchema {
    const isUnion = valuesOf(schema).length > 1
    let count = 0
    return mapChildren(schema, (child, keyword, property) => {
      if (keyword === "anyOf") return this.name(child, isUnion ? `${prefix}${++count}` : prefix)
      return this.name(
        child,
        prefix + (property === undefined ? SUFFIXES[keyword] : toPascal(property)),
      )
    })
  }

  #register(name: string, schema: JsonSchema): JsonSchema {
    const known = this.schemas[name]
    if (known && !isDeepStrictEqual(known, schema)) {
      throw new Error(
        `Two schemas would be called ${name}: give one of them a name in components.ts.`,
      )
    }
    this.schemas[name] = schema
    return refTo(name)
  }
}

const SUFFIXES: Record<string, string> = {
  items: "Item",
  additionalProperties: "Value",
  propertyNames: "Name",
}

const valuesOf = ({ anyOf }: JsonSchema) =>
  ((anyOf ?? []) as JsonSchema[]).filter(({ type }) => type !== "null")

const needsName = (schema: JsonSchema) =>
  "enum" in schema || "properties" in schema || valuesOf(schema).length > 1
