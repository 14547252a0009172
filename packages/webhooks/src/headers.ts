export const MAX_HEADERS = 20
const MAX_NAME_LENGTH = 128
const MAX_VALUE_LENGTH = 4_096
const MAX_TOTAL_LENGTH = 8_192

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
// Latin-1 without its control characters, and without a space at either end, which receivers would
// strip.
const VALUE = /^$|^[\x21-\x7e\xa1-\xff]([\x20-\x7e\xa0-\xff]*[\x21-\x7e\xa1-\xff])?$/

// Headers that belong to the connection, to the message's framing, to Ringback, or to proxies (a
// receiver behind a proxy trusts the last).
const DENIED = new Set([
  "accept-encoding",
  "connection",
  "date",
  "expect",
  "forwarded",
  "host",
  "http2-settings",
  "keep-alive",
  "max-forwards",
  "te",
  "traceparent",
  "tracestate",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "via",
  "x-real-ip",
])
const DENIED_PREFIXES = ["content-", "webhook-", "proxy-", "x-amz-", "x-amzn-", "x-forwarded-"]

export type HeaderProblem = { name: string; message: string }

/**
 * The errors in an endpoint's own headers, each with the name of the header. Empty if all are
 * valid.
 */
export function headerProblems(headers: Record<string, string>): HeaderProblem[] {
  const seen = new Set<string>()
  const problems: HeaderProblem[] = []
  let totalLength = 0
  for (const [name, value] of Object.entries(headers)) {
    totalLength += name.length + value.length
    const message = nameProblem(name, seen) ?? valueProblem(value)
    if (message) problems.push({ name, message })
    seen.add(name.toLowerCase())
  }
  const last = Object.keys(headers).at(-1) ?? ""
  if (seen.size > MAX_HEADERS)
    problems.push({ name: last, message: `An endpoint has at most ${MAX_HEADERS} headers` })
  if (totalLength > MAX_TOTAL_LENGTH)
    problems.push({ name: last, message: `Headers have at most ${MAX_TOTAL_LENGTH} characters` })
  return problems
}

function nameProblem(name: string, seen: Set<string>): string | undefined {
  const key = name.toLowerCase()
  if (!TOKEN.test(name) || name.length > MAX_NAME_LENGTH)
    return `A header's name is 1 to ${MAX_NAME_LENGTH} letters, digits and -_.!#$%&'*+^\`|~`
  if (DENIED.has(key) || DENIED_PREFIXES.some((prefix) => key.startsWith(prefix)))
    return "This header is set by Ringback, by the connection or by proxies, and cannot be chosen"
  return seen.has(key) ? "This header is there twice; letter case does not count" : undefined
}

function valueProblem(value: string): string | undefined {
  if (value.length > MAX_VALUE_LENGTH)
    return `A header's value has at most ${MAX_VALUE_LENGTH} characters`
  return VALUE.test(value)
    ? undefined
    : "A header's value is Latin-1 text without control characters or outer spaces"
}
