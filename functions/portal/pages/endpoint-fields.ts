import type { Endpoint } from "../types.ts"

/** The fields of the form as the API's body has them. A text that is no JSON stays a text: the API says what is wrong. */
export function readFields(form: URLSearchParams): Record<string, unknown> {
  const text = (name: string) => form.get(name)?.trim() ?? ""
  const patterns = text("patterns")
    .split(/[\s,]+/)
    .filter(Boolean)
  const chosen = [...new Set([...form.getAll("eventTypes"), ...patterns])]
  const sources = form.getAll("sources")
  const filter = text("filter")
  const rate = text("rateLimit")
  return {
    url: text("url"),
    description: text("description") || null,
    eventTypes: form.get("which") === "some" ? chosen : null,
    sources: sources.length === 0 ? null : sources,
    filter: filter === "" ? null : parsed(filter),
    rateLimit: rate === "" ? null : Number(rate),
    headers: readLines(text("headers")),
    metadata: readLines(text("metadata")),
  }
}

/** Of those fields what differs from the endpoint as it is: what was not touched is not sent. */
export function changesOf(endpoint: Endpoint, fields: Record<string, unknown>) {
  const was = endpoint as Record<string, unknown>
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => sorted(value) !== sorted(was[name])),
  )
}

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

/** `Name: value`, a line each. */
function readLines(text: string): Record<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "")
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":")
      return colon < 0
        ? [line.trim(), ""]
        : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]
    }),
  )
}

export const writeLines = (record: Record<string, string>): string =>
  Object.entries(record)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n")
