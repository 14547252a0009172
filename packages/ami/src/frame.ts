import { type AmiMessage, type HeaderPair, isNamed } from "./message.ts"

/** The bytes of one message, without its empty line, and where its lines end. */
export type Frame = {
  bytes: Buffer
  start: number
  end: number
  /** For each line its first colon (where it has none: its LF) and its LF, both counted from `start`. */
  marks: Int32Array
}

const CR = 13
const SPACE = 32

/** Reads a complete frame. The text is decoded once for the message, so no value keeps a whole read alive. */
export function readFrame(frame: Frame, markCount: number): AmiMessage {
  const text = frame.bytes.toString("utf8", frame.start, frame.end)
  // UTF-8 never has fewer bytes than characters: equal lengths mean that byte positions are text positions.
  const isAscii = text.length === frame.end - frame.start
  return makeMessage(isAscii ? cutByMarks(text, frame, markCount) : cutByText(text, markCount >> 1))
}

/** Headers as a message; of which kind, the first alone decides. */
export function makeMessage(headers: HeaderPair[]): AmiMessage {
  const [name, value] = headers[0] ?? ["", ""]
  if (isNamed(name, "Event")) return { kind: "event", name: value, headers }
  if (isNamed(name, "Response")) return { kind: "response", name: value, headers }
  return { kind: "other", name: value === "" ? name : `${name}: ${value}`, headers }
}

function cutByMarks(text: string, { bytes, start, marks }: Frame, markCount: number): HeaderPair[] {
  // oxlint-disable-next-line unicorn/no-new-array -- the right size at once is a tenth of the time
  const headers = new Array<HeaderPair>(markCount >> 1)
  let line = 0
  for (let mark = 0, index = 0; mark < markCount; mark += 2, index++) {
    const colon = marks[mark] as number
    const feed = marks[mark + 1] as number
    // One CR before the LF belongs to the line's end, whatever the other lines end with; further ones to the value.
    const end = feed > line && bytes[start + feed - 1] === CR ? feed - 1 : feed
    if (colon >= end) headers[index] = [text.slice(line, end), ""]
    else {
      const value = bytes[start + colon + 1] === SPACE ? colon + 2 : colon + 1
      headers[index] = [text.slice(line, colon), text.slice(value, end)]
    }
    line = feed + 1
  }
  return headers
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
