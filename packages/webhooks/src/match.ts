import type { Endpoint } from "./endpoint.ts"
import { passes } from "./filter.ts"

/** What an endpoint is asked about; `webhook` is the body as it would be sent, parsed. */
export type Candidate = { type: string; source: string | null; webhook: object }

/**
 * Whether the endpoint asked for this event. Operational events (no source) concern the tenant itself, so only
 * `eventTypes` can refuse them: a filter on campaigns must not hide that another endpoint was disabled.
 */
export function wants(
  endpoint: Pick<Endpoint, "eventTypes" | "sources" | "filter">,
  event: Candidate,
): boolean {
  const { eventTypes, sources, filter } = endpoint
  if (eventTypes && !eventTypes.some((pattern) => matches(pattern, event.type))) return false
  if (event.source === null) return true
  if (sources && !sources.includes(event.source)) return false
  return !filter || passes(filter, event.webhook)
}

/** Why an entry of `eventTypes` is refused, in words; undefined where it is fine. */
export function patternProblem(pattern: string, knownTypes: readonly string[]): string | undefined {
  // Which AMI events a collector forwards is its own setting, so of those only the form can be judged here.
  if (pattern === "*" || pattern === "ami.*" || /^ami\.[A-Za-z0-9_-]+$/.test(pattern))
    return undefined
  if (knownTypes.some((type) => matches(pattern, type))) return undefined
  return pattern.includes("*")
    ? "A pattern is * or the first part of a known event type and .*, such as campaign.*"
    : "There is no such event type; GET /v1/event-types lists them"
}

function matches(pattern: string, type: string): boolean {
  if (pattern === "*") return true
  return pattern.endsWith(".*") ? type.startsWith(pattern.slice(0, -1)) : pattern === type
}
