import { eventTypes, isKnownEventType } from "@ringback/events/documented-event-types"
import * as Source from "@ringback/store/source"
import type * as Stored from "@ringback/store/endpoint"
import type { Endpoint } from "@ringback/webhooks/endpoint"
import { headerProblems } from "@ringback/webhooks/headers"
import { patternProblem } from "@ringback/webhooks/subscription"
import type { Deps } from "./deps.ts"
import type { EndpointChanges } from "./endpoint-schema.ts"
import { checkFilter } from "./filter-check.ts"
import { invalid, pointer, ProblemError, type FieldError } from "./problem.ts"

const KNOWN_TYPES = eventTypes.map(({ type }) => type)

/**
 * Checks the settings of an endpoint that a schema cannot check. Throws a problem if something is
 * wrong, and returns warnings otherwise. `current`: the settings that are being changed.
 */
export async function checkEndpoint(
  deps: Deps,
  tenant: string,
  settings: Pick<EndpointChanges, "eventTypes" | "filter" | "headers" | "sources">,
  current?: Pick<Endpoint, "eventTypes" | "filter">,
): Promise<FieldError[]> {
  const errors: FieldError[] = []
  const { eventTypes: patterns = current?.eventTypes ?? null, filter } = settings
  const verdict = checkFilter(filter === undefined ? (current?.filter ?? null) : filter, patterns)
  // A filter that was accepted before is no reason to refuse other event types.
  if (filter) errors.push(...verdict.errors)
  const isNews = filter !== undefined || settings.eventTypes !== undefined
  const warnings = isNews ? [...(filter ? [] : verdict.errors), ...verdict.warnings] : []
  settings.eventTypes?.forEach((pattern, index) => {
    const message = patternProblem(pattern, KNOWN_TYPES)
    if (message) errors.push({ path: `/eventTypes/${index}`, message })
  })
  for (const { name, message } of headerProblems(settings.headers ?? {})) {
    errors.push({ path: `/headers${pointer([name])}`, message })
  }
  await Promise.all(
    (settings.sources ?? []).map(async (id, index) => {
      const source = await Source.get(deps.table, tenant, id, { consistent: true })
      if (source) return
      errors.push({ path: `/sources/${index}`, message: "There is no such source" })
    }),
  )
  if (errors.length > 0) throw new ProblemError("request.invalid", undefined, { errors })
  return warnings
}

/** A pull endpoint is sent nothing, so settings that only apply to sending are refused. */
export function checkPull(
  isPull: boolean,
  {
    url,
    headers = {},
    rateLimit,
    auth,
  }: Pick<Stored.Changes, "url" | "headers" | "rateLimit" | "auth">,
): void {
  if (!isPull) return
  const message = "A pull endpoint is sent nothing, so it has none"
  const errors = [
    ...(url ? [{ path: "/url", message }] : []),
    ...(Object.keys(headers).length > 0 ? [{ path: "/headers", message }] : []),
    ...((rateLimit ?? null) !== null ? [{ path: "/rateLimit", message }] : []),
    ...(auth ? [{ path: "/auth", message }] : []),
  ]
  if (errors.length > 0) throw new ProblemError("request.invalid", undefined, { errors })
}

/** The event type of a test, if it is known. */
export function checkEventType(type: string): string {
  if (!isKnownEventType(type)) throw invalid("/eventType", "There is no such event type")
  return type
}
