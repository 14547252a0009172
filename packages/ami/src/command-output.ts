import { type Frame, makeMessage, readHeader } from "./frame.ts"
import type { AmiMessage } from "./message.ts"

// Asterisk 13 and earlier answer `Action: Command` with headers, then raw output lines with bare
// LFs and empty lines. This mark ends the output, on the last line if that had no LF.
const END_MARK = "--END COMMAND--"
const FOLLOWS = /^response:\s*follows\r?$/i
const LONGEST_FIRST_LINE = 32

/** Enough bytes for the mark, its line end and half an empty line. */
export const END_MARK_BYTES = END_MARK.length + 4

/** Whether the message that starts here is such an answer. Its first line must be complete. */
export function isCommandOutput(bytes: Buffer, start: number): boolean {
  if (bytes[start] !== 0x52 && bytes[start] !== 0x72) return false
  const line = bytes.subarray(start, start + LONGEST_FIRST_LINE)
  return FOLLOWS.test(line.toString("latin1", 0, line.indexOf(10)))
}

/** Whether the line that ends with this LF ends the output. */
export function isEndMark(bytes: Buffer, feed: number): boolean {
  const end = bytes[feed - 1] === 13 ? feed - 1 : feed
  return end >= END_MARK.length && bytes.toString("latin1", end - END_MARK.length, end) === END_MARK
}

const OWN_HEADERS = new Set(["response", "privilege", "actionid", "message"])

/** Reads a complete command answer: its headers first, then all other lines as output. */
export function readCommandOutput({ bytes, start, end }: Frame): AmiMessage {
  const lines = bytes.toString("utf8", start, end).split("\n")
  lines.pop()
  const last = dropReturn(lines.pop() ?? "").slice(0, -END_MARK.length)
  const firstOutput = lines.findIndex((line) => !OWN_HEADERS.has(nameOf(line)))
  const headerCount = firstOutput < 0 ? lines.length : firstOutput
  const message = makeMessage(
    lines.slice(0, headerCount).map((line) => readHeader(dropReturn(line))),
  )
  const output = lines.slice(headerCount).map(dropReturn)
  return { ...message, output: last === "" ? output : [...output, last] }
}

function nameOf(line: string): string {
  return readHeader(line)[0].toLowerCase()
}

function dropReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line
}
