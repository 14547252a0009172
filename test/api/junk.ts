import fc from "fast-check"
import { document, operations, type Operation } from "./conformance.ts"

type Json = Record<string, unknown>

const hostile = fc.constantFrom<unknown>(
  null,
  "",
  " ",
  "\u0000",
  "\ud800",
  "__proto__",
  "constructor",
  "../..",
  "x".repeat(300),
  -1,
  0,
  1e308,
  Number.MAX_SAFE_INTEGER,
  true,
  [],
  [[]],
  {},
  { toString: 1 },
  "9999-12-31T23:59:60Z",
  "2026-11-22T06:27:40Z",
)
const anything = fc.oneof(hostile, fc.jsonValue({ maxDepth: 2 }))

/** Values that a schema takes, most of the time. */
function valueOf(given: Json, urls: string[]): fc.Arbitrary<unknown> {
  const { $ref } = given
  const schema =
    typeof $ref === "string" ? document.components.schemas[$ref.split("/").at(-1)!]! : given
  const likely = likelyOf(schema, urls)
  return fc.oneof({ weight: 14, arbitrary: likely }, { weight: 1, arbitrary: anything })
}

function likelyOf(schema: Json, urls: string[]): fc.Arbitrary<unknown> {
  const { type, anyOf, properties, items, examples } = schema
  if (schema["format"] === "uri") return fc.constantFrom(...urls)
  if (schema["format"] === "date-time")
    return fc.date({ noInvalidDate: true }).map((date) => date.toISOString())
  if (Array.isArray(schema["enum"])) return fc.constantFrom(...(schema["enum"] as unknown[]))
  if (Array.isArray(anyOf)) return fc.oneof(...anyOf.map((each) => valueOf(each as Json, urls)))
  if (properties) {
    const entries = Object.entries(properties as Record<string, Json>)
    const values = Object.fromEntries(entries.map(([name, each]) => [name, valueOf(each, urls)]))
    const required = (schema["required"] ?? []) as string[]
    return fc.record(values, { requiredKeys: required })
  }
  if (type === "object")
    return fc.dictionary(fc.string({ maxLength: 12 }), anything, { maxKeys: 3 })
  if (type === "array") return fc.array(valueOf((items ?? {}) as Json, urls), { maxLength: 3 })
  if (type === "boolean") return fc.boolean()
  if (type === "number") return fc.double({ noNaN: true, min: 0.01, max: 10_000 })
  if (type === "integer") return fc.integer({ min: 0, max: 300 })
  if (type === "null") return fc.constant(null)
  const text = fc.string({ minLength: 1, maxLength: 30, unit: "grapheme" })
  return Array.isArray(examples) ? fc.oneof(fc.constantFrom(...examples), text) : text
}

export type JunkRequest = {
  method: string
  path: string
  query: string
  body: string | undefined
  headers: Record<string, string>
  /** Which of the ids that are known goes into a place of the path; below 0: what is drawn instead. */
  places: { at: number; junk: string }[]
  who: "operator" | "tenant" | "other" | "nobody"
}

const queryText = fc.oneof(
  fc.constantFrom("1", "50", "250", "pending", "held", "campaign.updated", "2026-11-22T06:27:40Z"),
  fc.constantFrom("", "0", "x", "%00", "%ff", "a".repeat(2500), "9".repeat(40), "s1.AAAA"),
  fc.string({ maxLength: 20 }).map((text) => encodeURIComponent(text.toWellFormed())),
)

function queryOf({ parameters }: Operation): fc.Arbitrary<string> {
  const names = parameters.filter((each) => each.in === "query").map(({ name }) => name)
  const name = names.length > 0 ? fc.constantFrom(...names, ...names, "surprise") : fc.constant("x")
  const pairs = fc.array(fc.tuple(name, queryText), { maxLength: 3 })
  const joined = pairs.map((all) => all.map((pair) => pair.join("=")).join("&"))
  return names.length > 0
    ? joined
    : fc.oneof({ weight: 9, arbitrary: fc.constant("") }, { weight: 1, arbitrary: joined })
}

function bodyOf({ requestBody }: Operation, urls: string[]): fc.Arbitrary<string | undefined> {
  if (!requestBody) return fc.constant(undefined)
  const { schema } = requestBody.content["application/json"]
  return fc.oneof(
    { weight: 20, arbitrary: valueOf(schema, urls).map((value) => JSON.stringify(value)) },
    { weight: 2, arbitrary: anything.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.constantFrom("", "{", "nul", '{"a":1,}', '{"a":1}{') },
    { weight: 1, arbitrary: fc.string() },
  )
}

const headers = fc.record(
  {
    "idempotency-key": fc.oneof(fc.constantFrom("a", "b", ""), fc.uuid()),
    "if-match": fc.constantFrom("*", '"1"', '"2"', "x", 'W/"1"'),
    "content-type": fc.constantFrom(
      ...Array<string>(8).fill("application/json"),
      "application/json; charset=utf-8",
      "text/plain",
      "multipart/form-data; boundary=x",
    ),
  },
  { requiredKeys: ["content-type"] },
)

/** Requests as the document has them, and less and less so; each operation is as likely as any other. */
export function junkRequests(urls: string[]): fc.Arbitrary<JunkRequest> {
  const each = operations.map(({ method, path, operation }) =>
    fc.record({
      method: fc.constant(method),
      path: fc.constant(path),
      query: queryOf(operation),
      body: bodyOf(operation, urls),
      headers,
      places: fc.array(
        fc.record({
          at: fc.integer({ min: -1, max: 30 }),
          junk: fc.constantFrom("x", "%00", "%ff", "..", "ten_", "a".repeat(2000), "%E2%98%83"),
        }),
        { minLength: 2, maxLength: 2 },
      ),
      who: fc.constantFrom(
        ...Array<JunkRequest["who"]>(6).fill("operator"),
        "tenant",
        "tenant",
        "other",
        "nobody",
      ),
    }),
  )
  return fc.oneof(...each)
}
