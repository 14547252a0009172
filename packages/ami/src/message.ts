/** A header as read: the name as the PBX wrote it, the value without its line end. */
export type HeaderPair = [name: string, value: string]

/** One message of the wire, not to be changed. Its FIRST header alone says what it is: later ones may be called Event or Response too. */
export type AmiMessage = {
  kind: "event" | "response" | "other"
  /** The first header's value: an event's name, a response's `Success` or `Error`; its whole first line for `other`. */
  name: string
  /** All headers in the order of the wire, the first one included, repeated ones repeated. */
  readonly headers: HeaderPair[]
  /** All header lines as read, where they are ASCII: for who writes them on, or looks for one of them only. */
  text?: string | undefined
  /** The lines of an `Action: Command` of old versions (`Response: Follows`), without the end mark. */
  output?: string[]
}

/** The first header of that name (in any case), or undefined. */
export function header(message: AmiMessage, name: string): string | undefined {
  for (const [each, value] of message.headers) if (isNamed(each, name)) return value
  return undefined
}

/** The first header of exactly that name, its colon included; never that of a message's first line. Cuts no other out. */
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

/** All values of that name (in any case), in the order of the wire. */
export function headerValues(message: AmiMessage, name: string): string[] {
  return message.headers.filter(([each]) => isNamed(each, name)).map(([, value]) => value)
}

/** What a console command printed (`Action: Command`), in the form of old versions and of new ones. */
export function outputOf(message: AmiMessage): string {
  return [...(message.output ?? []), ...headerValues(message, "Output")].join("\n")
}

/** Whether a header's name is that name, in any case. */
export function isNamed(name: string, wanted: string): boolean {
  if (name === wanted) return true
  return name.length === wanted.length && name.toLowerCase() === wanted.toLowerCase()
}

/** A message in wire form, its empty line included. The values are trusted: an action is checked by `writeAction`. */
export function writeMessage(headers: Iterable<readonly [string, string]>): string {
  let text = ""
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`
  return text + "\r\n"
}
