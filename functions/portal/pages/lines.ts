// Entries as lines of `name: value`, in a text that a person edits.

/** Lines of `name: value`. What such a line cannot hold is written as a JSON string. */
export const writeLines = (record: Record<string, string>): string =>
  Object.entries(record)
    .map(([name, value]) => `${writeName(name)}: ${writeValue(value)}`)
    .join("\n")

export function readLines(text: string): Record<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "")
  return Object.fromEntries(lines.map(readLine))
}

const QUOTED = String.raw`"(?:[^"\\]|\\.)*"`
// The dot takes U+2028 and U+2029 too, which JSON leaves as they are.
const QUOTED_NAME = new RegExp(`^\\s*(${QUOTED})\\s*:(.*)$`, "s")
const QUOTED_VALUE = new RegExp(`^${QUOTED}$`, "s")
// A form's text loses edges of white space, and has its own line breaks.
const isPlain = (text: string) =>
  // oxlint-disable-next-line no-control-regex
  text === text.trim() && !/[\u0000-\u001f\u2028\u2029]/.test(text) && text.isWellFormed()

const writeName = (name: string) =>
  isPlain(name) && !/^"|:/.test(name) ? name : JSON.stringify(name)

// A quoted text is a value of its own, as of the header If-Match, unless quotes were necessary.
const writeValue = (value: string) =>
  isPlain(value) && readValue(value) === value ? value : JSON.stringify(value)

function readLine(line: string): [name: string, value: string] {
  const [, quoted, rest] = QUOTED_NAME.exec(line) ?? []
  const name = quoted === undefined ? undefined : unquoted(quoted)
  if (name !== undefined) return [name, readValue(rest!.trim())]
  const colon = line.indexOf(":")
  return colon < 0
    ? [line.trim(), ""]
    : [line.slice(0, colon).trim(), readValue(line.slice(colon + 1).trim())]
}

function readValue(text: string): string {
  const value = QUOTED_VALUE.test(text) ? unquoted(text) : undefined
  return value === undefined || (isPlain(value) && !QUOTED_VALUE.test(value)) ? text : value
}

function unquoted(text: string): string | undefined {
  try {
    return JSON.parse(text) as string
  } catch {
    return undefined
  }
}
