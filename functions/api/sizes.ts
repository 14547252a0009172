import type * as v from "valibot"
import { pointer, type FieldError } from "./problem.ts"

type Schema = {
  type: string
  wrapped?: Schema
  item?: Schema
  value?: Schema
  entries?: Record<string, Schema>
  pipe?: readonly { type: string; requirement?: unknown }[]
}

/**
 * Finds values with more items, entries or characters than their schema allows. Valibot checks
 * every item before it counts them, and creates an issue for each. Checking the sizes first keeps
 * hostile bodies cheap.
 */
export function sizeErrors(schema: v.GenericSchema, value: unknown): FieldError[] {
  return errorsIn(schema as unknown as Schema, value, [])
}

function errorsIn(schema: Schema, value: unknown, keys: string[]): FieldError[] {
  if (schema.wrapped) return errorsIn(schema.wrapped, value, keys)
  if (typeof value === "string" || Array.isArray(value)) {
    const most = limitOf(schema, "max_length")
    if (value.length > most) return tooLong(keys, value, most)
  }
  if (typeof value !== "object" || value === null) return []
  if (Array.isArray(value)) {
    const { item } = schema
    return item ? value.flatMap((each, index) => errorsIn(item, each, [...keys, `${index}`])) : []
  }
  const entries = Object.entries(value)
  const most = limitOf(schema, "max_entries")
  if (entries.length > most) return tooLong(keys, value, most)
  return entries.flatMap(([key, each]) => {
    const inner = schema.entries
      ? Object.hasOwn(schema.entries, key) && schema.entries[key]
      : schema.value
    return inner ? errorsIn(inner, each, [...keys, key]) : []
  })
}

function limitOf({ pipe = [] }: Schema, type: "max_length" | "max_entries"): number {
  const limits = pipe.filter((action) => action.type === type)
  return Math.min(Infinity, ...limits.map(({ requirement }) => Number(requirement)))
}

const tooLong = (keys: string[], value: unknown, most: number): FieldError[] => [
  { path: pointer(keys), message: boundText("max", most, value) },
]

/** The message if a text, a list or an object is too short or too long. */
export function boundText(bound: "min" | "max", count: number, value: unknown): string {
  const what =
    typeof value === "string"
      ? ["character", "characters"]
      : Array.isArray(value)
        ? ["item", "items"]
        : ["entry", "entries"]
  return `must have at ${bound === "min" ? "least" : "most"} ${count} ${what[count === 1 ? 0 : 1]}`
}
