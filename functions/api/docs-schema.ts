import { html } from "hono/html"
import type { JsonSchema } from "./json-schema.ts"

type Html = ReturnType<typeof html>

/** The schema itself, with its reference resolved. */
export function resolve(schema: JsonSchema, components: JsonSchema): JsonSchema {
  const { $ref } = schema
  return typeof $ref === "string" ? (components[$ref.split("/").at(-1)!] as JsonSchema) : schema
}

const MAX_DEPTH = 3

/** The fields of an object, each followed by its own fields. */
export function fieldsOf(schema: JsonSchema, components: JsonSchema, depth = 0): Html | "" {
  const object = objectIn(schema, components)
  const properties = Object.entries((object?.["properties"] ?? {}) as Record<string, JsonSchema>)
  if (properties.length === 0 || depth > MAX_DEPTH) return ""
  const required = new Set((object?.["required"] ?? []) as string[])
  return html`<dl class="fields">
    ${properties.map(([name, property]) =>
      fieldOf(name, property, required.has(name), components, depth),
    )}
  </dl>`
}

/** One field or parameter. */
export function fieldOf(
  name: string,
  property: JsonSchema,
  isRequired: boolean,
  components: JsonSchema,
  depth = 0,
): Html {
  const { description } = property
  return html`<div>
    <dt>
      ${name}<span>${typeText(property, components)}</span>${isRequired ? html`<em>required</em>` : ""}
    </dt>
    <dd>
      ${typeof description === "string" ? html`<span>${inline(description)}</span>` : ""}${limits(property)}
      ${fieldsOf(property, components, depth + 1)}
    </dd>
  </div>`
}

// The object that a field holds, even if it is nullable or in a list.
function objectIn(schema: JsonSchema, components: JsonSchema): JsonSchema | undefined {
  const { anyOf, items, properties } = resolve(schema, components)
  if (properties) return resolve(schema, components)
  if (items) return objectIn(items as JsonSchema, components)
  if (!Array.isArray(anyOf)) return undefined
  return anyOf.map((each) => objectIn(each as JsonSchema, components)).find(Boolean)
}

/** A type as text: `string or null`, `list of string`. */
export function typeText(schema: JsonSchema, components: JsonSchema): string {
  const { type, anyOf, format, ...rest } = resolve(schema, components)
  const values = rest["enum"] ?? ("const" in rest ? [rest["const"]] : undefined)
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(" or ")
  const all = Array.isArray(anyOf)
    ? anyOf.map((each) => typeText(each as JsonSchema, components))
    : [(type ?? "anything") as string | string[]]
        .flat()
        .map((each) => plainTypeText(each, rest, components))
  const words = [...new Set(all.flatMap((each) => each.split(" or ")))].join(" or ")
  return format === "date-time" ? words.replace("string", "time") : words
}

function plainTypeText(type: string, schema: JsonSchema, components: JsonSchema): string {
  const { items, properties, additionalProperties } = schema
  if (type === "array") return `list of ${typeText((items ?? {}) as JsonSchema, components)}`
  if (type !== "object" || properties || typeof additionalProperties !== "object") return type
  return `map of ${typeText(additionalProperties as JsonSchema, components)}`
}

function limits(property: JsonSchema): Html | "" {
  const said = [
    ["minimum", "at least"],
    ["maximum", "at most"],
    ["maxLength", "length at most"],
    ["maxItems", "entries at most"],
  ] as const
  const words = said
    .filter(([keyword]) => property[keyword] !== undefined)
    .map(([keyword, word]) => `${word} ${JSON.stringify(property[keyword])}`)
  return words.length > 0 ? html`<small>${words.join(" · ")}</small>` : ""
}

/** Renders `code` and **strong** in a text. */
export function inline(text: string): Html[] {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith("`")) return html`<code>${part.slice(1, -1)}</code>`
    if (part.startsWith("**")) return html`<strong>${part.slice(2, -2)}</strong>`
    return html`${part}`
  })
}
