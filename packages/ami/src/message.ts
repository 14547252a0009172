/** A header as read: the name as the PBX wrote it, and the value without its line end. */
export type HeaderPair = [name: string, value: string]

/**
 * One message, read-only. Only its FIRST header decides its kind; later ones may also be named
 * Event or Response.
 */
export type AmiMessage = {
  kind: "event" | "response" | "other"
  /**
   * The first header's value: an event's name, or `Success` or `Error`. For `other`, the whole
   * first line.
   */
  name: string
  /** All headers in wire order, including the first one and repeated ones. */
  readonly headers: HeaderPair[]
  /**
   * All header lines as read, if they are ASCII. For callers that copy them or need only one
   * header.
   */
  text?: string | undefined
  /**
   * The output lines of `Action: Command` in old versions (`Response: Follows`), without the end
   * mark.
   */
  output?: string[]
}

/** The value of the first header with that name, ignoring case, or undefined. */
export function header(message: AmiMessage, name: string): string | undefined {
  for (const [each, value] of message.headers) if (isNamed(each, name)) return value
  return undefined
}

/**
 * Like `header`, but with an exact name and never the message's first line. Extracts no other
 * header.
 */
export function findValue(message: AmiMessage, name: string): string | undefined {
  const { text } = message
  if (text === undefined) return message.headers.find(([each]) => each === name)?.[1]
  const line = text.indexOf(`\n${name}:`) + 1
  if (line === 0) return undefined
  const colon = line + name.length
  const feed = text.indexOf("\n", colon)
  const end = text[feed - 1] === "\r" ? feed - 1 : feed
  return text.slice(text[colon + 1] === " " ? colon + 2 : colon + 1, end)
}

/** The name of the second header. */
export function isSecondNamed(message: AmiMessage, name: string): boolean {
  const { text } = message
  if (text === undefined) return message.headers[1]?.[0] === name
  return text.startsWith(`${name}:`, text.indexOf("\n") + 1)
}

/** All values of headers with that name, ignoring case, in wire order. */
export function headerValues(message: AmiMessage, name: string): string[] {
  return message.headers.filter(([each]) => isNamed(each, name)).map(([, value]) => value)
}

/** The output of a console command (`Action: Command`), from old and new versions. */
export function outputOf(message: AmiMessage): string {
  return [...(message.output ?? []), ...headerValues(message, "Output")].join("\n")
}

/** Whether a header has that name, ignoring case. */
export function isNamed(name: string, wanted: string): boolean {
  if (name === wanted) return true
  return name.length === wanted.length && name.toLowerCase() === wanted.toLowerCase()
}

/**
 * Serializes a message with its empty line. Values are not checked; `writeAction` checks those of
 * actions.
 */
export function writeMessage(headers: Iterable<readonly [string, string]>): string {
  let text = ""
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`
  return text + "\r\n"
}
