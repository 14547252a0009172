import * as v from "valibot"
import { Failure } from "./failure.ts"

/** A page of a list. Unknown fields are accepted and kept in JSON output. */
export const pageOf = <Item extends v.GenericSchema>(item: Item) =>
  v.looseObject({ data: v.array(item), nextCursor: v.nullable(v.string()) })

export type Page<Item> = { data: Item[]; nextCursor: string | null }

/** RFC 9457: the fields that are shown. */
export const Problem = v.looseObject({
  title: v.optional(v.string()),
  detail: v.optional(v.string()),
  code: v.string(),
  errors: v.optional(v.array(v.looseObject({ path: v.string(), message: v.string() })), []),
})
export type Problem = v.InferOutput<typeof Problem>

/** Validates a response. A mismatch means that the URL is not a Ringback API. */
export function readAnswer<Schema extends v.GenericSchema>(
  schema: Schema,
  text: string,
  url: string,
): v.InferOutput<Schema> {
  const read = v.safeParse(schema, fromJson(text))
  if (read.success) return read.output
  const path = v.getDotPath(read.issues[0])
  const where = path === null || text === "" ? "" : ` (${path} is not as expected)`
  throw new Failure(
    `${url} did not answer as Ringback's API does${where}: is the URL right (--url, RINGBACK_URL)?`,
  )
}

/** Undefined if the text is not a problem document of the API. */
export function readProblem(text: string): Problem | undefined {
  const read = v.safeParse(Problem, fromJson(text))
  return read.success ? read.output : undefined
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
