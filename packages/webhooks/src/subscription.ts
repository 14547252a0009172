import type { ConnectorOf, Endpoint } from "./endpoint.ts"
import { passes } from "./filter.ts"

/** What an endpoint is asked about; `webhook` is the body as it would be sent, parsed. */
export type Candidate = { type: string; source: string | null; webhook: object }

/**
 * Whether the endpoint asked for this event. Operational events (no source) concern the tenant
 * itself, so only `eventTypes` can refuse them: a filter on campaigns must not hide that another
 * endpoint was disabled.
 */
export function wants(
  endpoint: Pick<Endpoint, "eventTypes" | "sources" | "filter" | "connector">,
  event: Candidate,
): boolean {
  const { filter } = endpoint
  if (!subscribesTo(endpoint, event)) return false
  return event.source === null || !filter || passes(filter, event.webhook)
}

/** Whether the endpoint's types and sources match. Its filter is checked later, with the body. */
export function subscribesTo(
  { eventTypes, sources, connector }: Pick<Endpoint, "eventTypes" | "sources" | "connector">,
  { type, source }: Pick<Candidate, "type" | "source">,
): boolean {
  // Call events are only made for endpoints that ask for them by name, so they cost others nothing.
  if (connector && !isLogged(connector, type)) return false
  const isAsked = eventTypes
    ? eventTypes.some((pattern) => matches(pattern, type))
    : !type.startsWith("call.") || connector != null
  return isAsked && (source === null || !sources || sources.includes(source))
}

/** A CRM gets completed calls and, if its tenant wants them, answered calls. */
const isLogged = ({ live }: ConnectorOf, type: string) =>
  type === "call.completed" || (live === true && type === "call.answered")

/** Why an entry of `eventTypes` is refused, as text; undefined if it is valid. */
export function patternProblem(pattern: string, knownTypes: readonly string[]): string | undefined {
  // Which AMI events a collector forwards is its own setting, so only their form can be checked
  // here.
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
