import { toJsonSchema } from "@valibot/to-json-schema"
import { eventTypes } from "@ringback/events/documented-event-types"
import { recordKinds } from "@ringback/events/ami-event-kinds"
import { wants } from "@ringback/webhooks/subscription"
import { nearestTo } from "./nearest.ts"
import { pointer, type FieldError } from "./problem.ts"

// What a filter path can find in a webhook: a value, an object of known properties, or a map with
// arbitrary names (the variables).
type Shape = "value" | "map" | { [name: string]: Shape }

/**
 * `isOpen`: its `data` may have headers that are not known in advance. Their values have no
 * properties.
 */
type Webhook = { type: string; shape: Shape; isOpen: boolean }

type Found = "value" | "object" | "possible" | "never"

export type FilterVerdict = { errors: FieldError[]; warnings: FieldError[] }

/**
 * The errors and warnings about a filter's paths. An error: no event that the endpoint subscribes
 * to can have the path. A warning: no event of the catalog has it, but the PBX may send a header
 * that the catalog does not know.
 */
export function checkFilter(
  filter: Record<string, unknown> | null,
  patterns: string[] | null,
): FilterVerdict {
  const verdict: FilterVerdict = { errors: [], warnings: [] }
  const webhooks = askedFor(patterns)
  // The endpoint only gets operational events about the tenant itself, which no filter refuses.
  if (webhooks.length === 0) return verdict
  const takesAmi = patterns?.some((pattern) => pattern.startsWith("ami.")) ?? false
  for (const path of Object.keys(filter ?? {})) {
    const found = new Set(webhooks.map((webhook) => find(webhook, path.split("."))))
    if (found.has("value") || (takesAmi && found.has("possible"))) continue
    const at = `/filter${pointer([path])}`
    if (found.has("possible")) {
      const message = `No event type of the catalog has this${nearest(path, webhooks)}`
      verdict.warnings.push({ path: at, message })
    } else if (found.has("object")) {
      const message = `is an object, and a filter compares values: name a property of it, as ${path}.NAME`
      verdict.errors.push({ path: at, message })
    } else {
      const message = `No event that this endpoint asks for can have this${nearest(path, webhooks)}`
      verdict.errors.push({ path: at, message })
    }
  }
  return verdict
}

function askedFor(patterns: string[] | null): Webhook[] {
  const isAskedFor = ({ type }: Webhook) =>
    wants(
      { eventTypes: patterns, sources: null, filter: null },
      { type, source: null, webhook: {} },
    )
  const takesAmi = patterns === null || patterns.some((p) => p === "*" || p.startsWith("ami."))
  return [...filtered.filter(isAskedFor), ...(takesAmi ? [ami] : [])]
}

function find({ shape, isOpen }: Webhook, names: string[]): Found {
  let at = shape
  for (const [index, name] of names.entries()) {
    const isLast = index === names.length - 1
    if (at === "value") return "never"
    if (at === "map") return isLast ? "value" : "never"
    const next = Object.hasOwn(at, name) ? at[name] : undefined
    if (next === undefined) {
      const isHeader = isOpen && index === 1 && names[0] === "data"
      return isHeader && isLast ? "possible" : "never"
    }
    at = next
  }
  return at === "value" ? "value" : "object"
}

function nearest(path: string, webhooks: Webhook[]): string {
  const known = [...new Set(webhooks.flatMap(({ shape }) => pathsOf(shape)))]
  const close = nearestTo(path, known)
  return close.length === 0 ? "" : `; nearest: ${close.join(", ")}`
}

function pathsOf(shape: Shape): string[] {
  if (typeof shape === "string") return []
  return Object.entries(shape).flatMap(([name, inner]) =>
    inner === "value" ? [name] : pathsOf(inner).map((path) => `${name}.${path}`),
  )
}

type JsonSchema = {
  type?: string | string[]
  properties?: Record<string, JsonSchema>
  anyOf?: JsonSchema[]
}

function shapeOf(schema: JsonSchema): Shape {
  const object = [schema, ...(schema.anyOf ?? [])].find(({ type }) => type === "object")
  if (!object) return "value"
  const { properties } = object
  if (!properties) return "map"
  return Object.fromEntries(
    Object.entries(properties).map(([name, inner]) => [name, shapeOf(inner)]),
  )
}

// Operational events without a source pass every filter.
const filtered: Webhook[] = eventTypes
  .filter(({ example }) => example["source"] !== null)
  .map(({ type, schema }) => ({
    type,
    shape: shapeOf(toJsonSchema(schema, { typeMode: "input" }) as JsonSchema),
    isOpen: recordKinds.some((kind) => type.startsWith(`${kind}.`)),
  }))

// The fields that every AMI event has in addition to the headers of the PBX.
const ami: Webhook = {
  type: "ami.*",
  shape: { ...(filtered[0]!.shape as object), data: { variables: "map" } },
  isOpen: true,
}
