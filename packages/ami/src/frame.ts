import { type AmiMessage, type HeaderPair, isNamed } from "./message.ts"

/**
 * The line positions of one message. The parser reuses the object for the next message with a new
 * `turn`.
 */
export type Marks = {
  /**
   * For each line the positions of its first colon (or LF, if none) and its LF, from the message's
   * start.
   */
  places: Int32Array
  count: number
  turn: number
}

/** The bytes of one message, without its empty line. */
export type Frame = { bytes: Buffer; start: number; end: number; marks: Marks }

const CR = 13
const SPACE = 32

/**
 * Reads a complete frame. The text is decoded once per message, so that no value keeps the whole
 * read in memory.
 */
export function readFrame({ bytes, start, end, marks }: Frame): AmiMessage {
  const text = bytes.toString("utf8", start, end)
  // UTF-8 has at least one byte per UTF-16 code unit. Equal lengths mean that byte positions are text
  // positions.
  if (text.length === end - start) return new AsciiMessage(text, marks)
  return makeMessage(cutByText(text))
}

/** The headers as a message. The first header decides its kind. */
export function makeMessage(headers: HeaderPair[]): AmiMessage {
  return { ...kindOf(headers[0] ?? ["", ""]), headers }
}

function kindOf([name, value]: HeaderPair): Pick<AmiMessage, "kind" | "name"> {
  if (isNamed(name, "Event")) return { kind: "event", name: value }
  if (isNamed(name, "Response")) return { kind: "response", name: value }
  return { kind: "other", name: value === "" ? name : `${name}: ${value}` }
}

/**
 * Extracts headers when they are first read, because callers that copy the text need few of them.
 * During the callback the parser's positions are used; afterwards the text is searched.
 */
class AsciiMessage implements AmiMessage {
  readonly kind: AmiMessage["kind"]
  readonly name: string
  readonly text: string
  readonly #marks: Marks
  readonly #turn: number
  #headers: HeaderPair[] | undefined

  constructor(text: string, marks: Marks) {
    const { kind, name } = kindOf(cutLine(text, 0, marks.places[0]!, marks.places[1]!))
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
  // One CR before the LF is part of the line end, regardless of other lines. More CRs are part of
  // the value.
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

/**
 * Splits at the first colon and drops one space after it. Without a colon, everything is the name.
 */
export function readHeader(line: string): HeaderPair {
  const colon = line.indexOf(":")
  if (colon < 0) return [line, ""]
  const value = line.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1
  return [line.slice(0, colon), line.slice(value)]
}
