import * as Audit from "@ringback/store/audit"
import { MASK, maskedUrl } from "./masked-url.ts"
import type { Answer, Route } from "./route.ts"
import type { Caller } from "./authenticate.ts"

/** Who did what, as `serve` saw it. */
export type Done = {
  route: Pick<Route, "method" | "access" | "operationId" | "path">
  params: Record<string, string>
  body: unknown
  caller: Caller | undefined
  answer: Answer
}

/**
 * The audit log entry of a request, and the tenant whose log it belongs to. Undefined if the
 * request changed nothing.
 */
export function entryOf({ route, params, body, caller, answer }: Done) {
  const { method, operationId: action, access } = route
  const isChange = method !== "get" && (access === "tenant" || access === "operator")
  if (!isChange || !caller || answer.isNoChange || answer.status >= 300) return undefined
  const target = idIn(answer.body) ?? lastOf(route, params) ?? null
  const actor = caller.kind === "operator" ? "operator" : caller.id
  const tenant = params["tenantId"] ?? (target?.startsWith("ten_") ? target : undefined)
  // A deleted tenant has no log that anyone could read.
  const isTenantGone = method === "delete" && target === tenant
  return {
    scope: tenant === undefined || isTenantGone ? Audit.OPERATOR_SCOPE : tenant,
    entry: { actor, action, target, changes: fit(shown(body)) },
  }
}

// The response to a creation contains its id. The response to an action, such as a recovery, does
// not.
function idIn(body: unknown): string | undefined {
  const id = typeof body === "object" && body !== null && (body as { id?: unknown }).id
  return typeof id === "string" ? id : undefined
}

const lastOf = ({ path }: Pick<Route, "path">, params: Record<string, string>) =>
  params[[...path.matchAll(/\{(\w+)\}/g)].at(-1)?.[1] ?? ""]

// Field names that are masked anywhere in a body. `headers` and `auth` hold a receiver's
// credentials. An erasure must leave no trace of a contact's key or Uuid. A transform may contain a
// secret.
const HIDDEN = new Set([
  "secret",
  "token",
  "password",
  "clientSecret",
  "refreshToken",
  "key",
  "contactKey",
  "uuid",
])
// The fields of a test may contain personal data.
const NAMES_ALONE = new Set(["headers", "fields"])
const TYPE_ALONE = new Set(["auth"])
const LENGTH_ALONE = new Set(["transform", "map"])

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

function shown(body: unknown): Record<string, unknown> {
  if (!isObject(body)) return {}
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, valueOf(name, value)]],
    ),
  )
}

function valueOf(name: string, value: unknown): unknown {
  if (value === null) return null
  if (HIDDEN.has(name)) return MASK
  if (name === "url") return typeof value === "string" ? maskedUrl(value) : MASK
  if (LENGTH_ALONE.has(name)) return lengthOf(value)
  if (NAMES_ALONE.has(name) || TYPE_ALONE.has(name)) {
    if (!isObject(value)) return MASK
    const names = Object.keys(value)
    const isType = (each: string) => TYPE_ALONE.has(name) && each === "type"
    return Object.fromEntries(names.map((each) => [each, isType(each) ? value[each] : MASK]))
  }
  return isObject(value) ? shown(value) : value
}

const lengthOf = (value: unknown) => `(${JSON.stringify(value).length} characters)`

// With its keys and names, an entry is then under one kilobyte, which is one write unit.
const MAX_BYTES = 600
const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value))

/** Replaces the longest values by their lengths until the entry fits. */
function fit(changes: Record<string, unknown>): Record<string, unknown> {
  const fitted = { ...changes }
  const byLength = Object.keys(changes).sort((a, b) => bytesOf(changes[b]) - bytesOf(changes[a]))
  for (const name of byLength) {
    if (bytesOf(fitted) <= MAX_BYTES) break
    fitted[name] = lengthOf(changes[name])
  }
  return fitted
}
