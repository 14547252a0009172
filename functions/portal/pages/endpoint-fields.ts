import type { Endpoint } from "../types.ts"
import { readAuth } from "./auth-fields.ts"
import { readConnector } from "./connector-fields.ts"
import { isCrm, type Kind } from "./endpoint-kinds.ts"
import { readLines } from "./lines.ts"

/**
 * The form's fields for that kind, as in the API's body. A text that is not valid JSON stays a
 * text: the API's error message is shown for it.
 */
export function readFields(form: URLSearchParams, kind: Kind): Record<string, unknown> {
  const text = (name: string) => form.get(name)?.replaceAll("\r\n", "\n").trim() ?? ""
  const sources = form.getAll("sources")
  const rate = text("rateLimit")
  const filter = text("filter")
  const all = {
    description: text("description") || null,
    sources: sources.length === 0 ? null : sources,
    filter: filter === "" ? null : parsed(filter),
    metadata: readLines(text("metadata")),
  }
  // NaN would become null in JSON, which means "no limit". Send the text instead, so that the API refuses it.
  const rateLimit = rate === "" ? null : Number.isFinite(Number(rate)) ? Number(rate) : rate
  if (isCrm(kind)) return { ...all, rateLimit, connector: readConnector(form, kind) }
  const events = {
    eventTypes: form.get("which") === "some" ? typesIn(form) : null,
    transform: text("transform") || null,
    order: form.get("order") ?? "any",
  }
  if (kind === "pull") return { ...all, ...events }
  const auth = readAuth(form, kind)
  return {
    url: text("url"),
    ...all,
    ...events,
    rateLimit,
    headers: readLines(text("headers")),
    ...(auth !== undefined && { auth }),
  }
}

/** The signature settings of a new endpoint, if given. */
export function readSigning(form: URLSearchParams): { signing?: string; secret?: string } {
  const signing = form.get("signing")
  const secret = form.get("secret")?.trim()
  return { ...(signing && { signing }), ...(secret && { secret }) }
}

function typesIn(form: URLSearchParams): string[] {
  const patterns = (form.get("patterns") ?? "").split(/[\s,]+/).filter(Boolean)
  return [...new Set([...form.getAll("eventTypes"), ...patterns])]
}

/** The fields that differ from the endpoint's current values. Unchanged ones are not sent. */
export function changesOf(endpoint: Endpoint, fields: Record<string, unknown>) {
  const was = endpoint as Record<string, unknown>
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) =>
      name === "connector"
        ? sorted(withoutDefaults(value)) !==
          sorted(withoutDefaults({ ...endpoint.connector, auth: undefined }))
        : sorted(value) !== sorted(was[name]),
    ),
  )
}

// Default values of a connector's settings.
const DEFAULTS = {
  create: "never",
  several: "none",
  timeZone: "UTC",
  dataCenter: "com",
  live: false,
}
const CALL_ID_FIELDS = new Set(["Ringback_Call_Id", "Ringback_Call_Id__c"])

const withoutDefaults = (connector: unknown) =>
  Object.fromEntries(
    Object.entries(connector as Record<string, unknown>).filter(
      ([name, value]) =>
        value != null &&
        JSON.stringify(value) !== "{}" &&
        value !== (DEFAULTS as Record<string, unknown>)[name] &&
        !(name === "callIdField" && CALL_ID_FIELDS.has(value as string)),
    ),
  )

const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
