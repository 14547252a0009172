import * as v from "valibot"
import { pointer, ProblemError, type FieldError } from "./problem.ts"
import { boundText, sizeErrors } from "./sizes.ts"

/** The value as the schema parses it, or a problem that names each invalid field. */
export function validate<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> {
  const tooLarge = sizeErrors(schema, value)
  if (tooLarge.length > 0)
    throw new ProblemError("request.invalid", undefined, { errors: tooLarge })
  const result = v.safeParse(schema, value, { message })
  const errors = result.success ? lostIn(value, result.output) : result.issues.map(toError)
  if (result.success && errors.length === 0) return result.output
  throw new ProblemError("request.invalid", undefined, { errors })
}

// Valibot's objects and records accept a list as an object with the keys 0, 1, ... Its records also
// drop names that every object inherits, such as `constructor`.
function lostIn(given: unknown, taken: unknown, keys: string[] = []): FieldError[] {
  if (typeof given !== "object" || given === null || given === taken) return []
  if (Array.isArray(given) && !Array.isArray(taken)) {
    return [{ path: pointer(keys), message: "must be an object" }]
  }
  return Object.entries(given).flatMap(([key, each]) =>
    Object.hasOwn(taken as object, key)
      ? lostIn(each, (taken as Record<string, unknown>)[key], [...keys, key])
      : [{ path: pointer([...keys, key]), message: "is not an allowed name" }],
  )
}

function toError(issue: v.BaseIssue<unknown>): FieldError {
  const keys = issue.path?.map((item) => String(item.key)) ?? []
  return { path: pointer(keys), message: issue.message }
}

// Valibot's own messages repeat the input, which may contain a secret.
function message(issue: v.BaseIssue<unknown>): string {
  if (issue.type === "strict_object" && issue.expected === "never") return "is not a known field"
  if (issue.kind === "schema" && issue.received === "undefined") return "is required"
  const bound = /^(min|max)_(length|entries)$/.exec(issue.type)
  if (bound) return boundText(bound[1] as "min" | "max", Number(issue.requirement), issue.input)
  return issue.expected === null ? "is not valid" : `must be ${words(issue.expected)}`
}

const words = (expected: string) =>
  expected
    .replace(/^\((.*)\)$/, "$1")
    .replaceAll(" | ", " or ")
    .replace(/^>=/, "at least ")
    .replace(/^<=/, "at most ")
    .replace("Object", "an object")
    .replace("Array", "an array")
