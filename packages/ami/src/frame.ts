import { type AmiMessage, type HeaderPair, isNamed } from "./message.ts"

/** Where the lines of one message end; the next message has the same object with another turn. */
export type Marks = {
  /** For each line its first colon (where it has none: its LF) and its LF, both counted from the message's start. */
  places: Int32Array
  count: number
  turn: number
}

/** The bytes of one message, without its empty line. */
export type Frame = { bytes: Buffer; start: number; end: number; marks: Marks }

const CR = 13
const SPACE = 32

/** Reads a complete frame. The text is decoded once for the message, so no value keeps a whole read alive. */
export function readFrame({ bytes, start, end, marks }: Frame): AmiMessage {
  const text = bytes.toString("utf8", start, end)
  // UTF-8 never has fewer bytes than characters: equal lengths mean that byte positions are text positions.
  if (text.length === end - start) return new AsciiMessage(text, marks)
  return makeMessage(cutByText(text))
}

/** Headers as a message; of which kind, the first alone decides. */
export function makeMessage(headers: HeaderPair[]): AmiMessage {
  return { ...judge(headers[0] ?? ["", ""]), headers }
}

function judge([name, value]: HeaderPair): Pick<AmiMessage, "kind" | "name"> {
  if (isNamed(name, "Event")) return { kind: "event", name: value }
  if (isNamed(name, "Response")) return { kind: "response", name: value }
  return { kind: "other", name: value === "" ? name : `${name}: ${value}` }
}

/**
 * Cuts its headers out of the text when they are first asked for: who writes the text on needs few of them. While the
 * message is being handed over, the parser's marks say where; later they are looked for.
 */
class AsciiMessage implements AmiMessage {
  readonly kind: AmiMessage["kind"]
  readonly name: string
  readonly text: string
  readonly #marks: Marks
  readonly #turn: number
  #headers: HeaderPair[] | undefined

  constructor(text: string, marks: Marks) {
    const { kind, name } = judge(cutLine(text, 0, marks.places[0]!, marks.places[1]!))
    this.kind = kind
    this.name = name
    this.text = text
    this.#marks = marks
    this.#turn = marks.turn
  }

  get headers(): HeaderPair[] {
    return (this.#headers ??=
      this.#turn === this.#marks.turn ? cutByMarks(this.text, this.#marks) : cutByText(this.text))
  }
}

function cutByMarks(text: string, { places, count }: Marks): HeaderPair[] {
  // oxlint-disable-next-line unicorn/no-new-array -- the right size at once is a tenth of the time
  const headers = new Array<HeaderPair>(count >> 1)
  let line = 0
  for (let mark = 0, index = 0; mark < count; mark += 2, index++) {
    const feed = places[mark + 1]!
    headers[index] = cutLine(text, line, places[mark]!, feed)
    line = feed + 1
  }
  return headers
}

function cutLine(text: string, line: number, colon: number, feed: number): HeaderPair {
  // One CR before the LF belongs to the line's end, whatever the other lines end with; further ones to the value.
  const end = feed > line && text.charCodeAt(feed - 1) === CR ? feed - 1 : feed
  if (colon >= end) return [text.slice(line, end), ""]
  const value = text.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1
  return [text.slice(line, colon), text.slice(value, end)]
}

function cutByText(text: string): HeaderPair[] {
  const headers: HeaderPair[] = []
  for (let line = 0, feed; line < text.length; line = feed + 1) {
    feed = text.indexOf("\n", line)
    const end = text.charCodeAt(feed - 1) === CR ? feed - 1 : feed
    headers.push(readHeader(text.slice(line, end)))
  }
  return headers
}

/** What stands before the first colon, and what follows it without one space. No colon: all name, no value. */
export function readHeader(line: string): HeaderPair {
  const colon = line.indexOf(":")
  if (colon < 0) return [line, ""]
  const value = line.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1
  return [line.slice(0, colon), line.slice(value)]
}
