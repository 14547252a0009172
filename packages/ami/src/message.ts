/** A header as read: the name as the PBX wrote it, the value without its line end. */
export type HeaderPair = [name: string, value: string]

/** One message of the wire. Its FIRST header alone says what it is: later ones may be called Event or Response too. */
export type AmiMessage = {
  kind: "event" | "response" | "other"
  /** The first header's value: an event's name, a response's `Success` or `Error`; its whole first line for `other`. */
  name: string
  /** All headers in the order of the wire, the first one included, repeated ones repeated. */
  headers: HeaderPair[]
  /** The lines of an `Action: Command` of old versions (`Response: Follows`), without the end mark. */
  output?: string[]
}

/** The first header of that name (in any case), or undefined. */
export function header(message: AmiMessage, name: string): string | undefined {
  for (const [each, value] of message.headers) if (isNamed(each, name)) return value
  return undefined
}

/** All values of that name (in any case), in the order of the wire. */
export function headerValues(message: AmiMessage, name: string): string[] {
  return message.headers.filter(([each]) => isNamed(each, name)).map(([, value]) => value)
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
