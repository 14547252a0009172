import * as v from "valibot"
import { validate } from "./validate.ts"
import { invalid } from "./problem.ts"

/** Parses the query parameters into the types of the schema. Only an array can be repeated. */
export function readQuery(entries: v.ObjectEntries, params: URLSearchParams): unknown {
  const value: Record<string, unknown> = {}
  for (const name of new Set(params.keys())) {
    const texts = params.getAll(name)
    const [text = ""] = texts
    const entry = Object.hasOwn(entries, name) ? entries[name] : undefined
    if (!entry) throw invalid(`/${name}`, "is not a known parameter")
    const type = typeOf(entry)
    if (type !== "array" && texts.length > 1) throw invalid(`/${name}`, "may be given only once")
    value[name] = type === "array" ? texts : type === "number" ? toNumber(text) : text
  }
  return validate(v.strictObject(entries), value)
}

const toNumber = (text: string): number | string =>
  /^-?\d{1,15}$/.test(text) ? Number(text) : text

function typeOf(schema: unknown): string {
  const { type, wrapped } = schema as { type: string; wrapped?: unknown }
  return wrapped ? typeOf(wrapped) : type
}
