import { isDeepStrictEqual } from "node:util"
import type { JsonSchema } from "./json-schema.ts"
import { mapChildren } from "./portable-schema.ts"

/** Formats `campaign.updated` and `resHangupName` as parts of a type's name. */
export const toPascal = (text: string) =>
  text
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("")

export const refTo = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` })

/**
 * The named schemas of the document. Every object, enum and union gets a name, because code
 * generators would invent one.
 */
export class Components {
  readonly schemas: Record<string, JsonSchema> = {}
  readonly #choices = new Map<string, string>()

  /**
   * An enum, or a union of enums, has this name wherever it occurs. Others are named after the
   * place where they occur first.
   */
  nameChoices(choices: readonly unknown[], name: string): void {
    const text = JSON.stringify(choices)
    if (!this.#choices.has(text)) this.#choices.set(text, name)
  }

  /** Adds a schema under its name. The schemas within it get names that begin with `prefix`. */
  add(name: string, schema: JsonSchema, prefix = name): JsonSchema {
    return this.#register(name, this.#nameChildren(schema, prefix))
  }

  /**
   * Returns the schema, or a reference if the schema must have a name: the name of its values, or
   * the given one.
   */
  name(schema: JsonSchema, name: string): JsonSchema {
    const named = this.#nameChildren(schema, name)
    if ("properties" in named) return this.#register(name, named)
    const values = valuesOf(named)
    const choices = (named["enum"] as unknown[] | undefined) ?? (values.length > 1 ? values : [])
    if (choices.length === 0) return named
    this.nameChoices(choices, name)
    const { description, ...own } = named
    const isNullable = named["anyOf"] !== undefined && named["anyOf"] !== values
    const ref = this.#register(
      this.#choices.get(JSON.stringify(choices))!,
      isNullable ? { ...own, anyOf: values } : own,
    )
    return {
      ...(isNullable ? { anyOf: [ref, { type: "null" }] } : ref),
      ...(description !== undefined && { description }),
    }
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

// The alternatives of a union except null.
function valuesOf({ anyOf = [] }: JsonSchema): JsonSchema[] {
  const all = anyOf as JsonSchema[]
  return all.some(({ type }) => type === "null") ? all.filter(({ type }) => type !== "null") : all
}
