import { type AmiMessage, type HeaderPair, isNamed } from "./message.ts"

/** The bytes of one message, without its empty line, and where its lines end. */
export type Frame = {
  bytes: Buffer
  start: number
  end: number
  /** For each line its first colon (where it has none: its LF) and its LF, both counted from `start`. */
  marks: number[]
}

const CR = 13
const SPACE = 32

/** Reads a complete frame. The text is decoded once for the message, so no value keeps a whole read alive. */
export function readFrame(frame: Frame, markCount: number): AmiMessage {
  const text = frame.bytes.toString("utf8", frame.start, frame.end)
  // UTF-8 never has fewer bytes than characters: equal lengths mean that byte positions are text positions.
  const isAscii = text.length === frame.end - frame.start
  if (!isAscii) return makeMessage(cutByText(text, markCount >> 1))
  return new AsciiMessage(text, frame.marks, markCount)
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

/** Cuts its headers out of the text when they are first asked for: who writes the text on needs few of them. */
class AsciiMessage implements AmiMessage {
  readonly kind: AmiMessage["kind"]
  readonly name: string
  readonly text: string
  readonly #marks: number[]
  readonly #markCount: number
  #headers: HeaderPair[] | undefined

  constructor(text: string, marks: number[], markCount: number) {
    const { kind, name } = judge(cutLine(text, 0, marks[0]!, marks[1]!))
    this.kind = kind
    this.name = name
    this.text = text
    this.#marks = marks
    this.#markCount = markCount
  }

  get headers(): HeaderPair[] {
    return (this.#headers ??= cutByMarks(this.text, this.#marks, this.#markCount))
  }
}

function cutByMarks(text: string, marks: number[], markCount: number): HeaderPair[] {
  // oxlint-disable-next-line unicorn/no-new-array -- the right size at once is a tenth of the time
  const headers = new Array<HeaderPair>(markCount >> 1)
  let line = 0
  for (let mark = 0, index = 0; mark < markCount; mark += 2, index++) {
    const feed = marks[mark + 1]!
    headers[index] = cutLine(text, line, marks[mark]!, feed)
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

function cutByText(text: string, lineCount: number): HeaderPair[] {
  const headers: HeaderPair[] = []
  let line = 0
  while (headers.length < lineCount) {
    const feed = text.indexOf("\n", line)
    const end = text.charCodeAt(feed - 1) === CR ? feed - 1 : feed
    headers.push(readHeader(text.slice(line, end)))
    line = feed + 1
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
