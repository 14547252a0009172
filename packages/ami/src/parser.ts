import { END_MARK_BYTES, isCommandOutput, isEndMark, readCommandOutput } from "./command-output.ts"
import { type Marks, readFrame } from "./frame.ts"
import type { AmiMessage } from "./message.ts"

export type ParserOptions = {
  /** Larger messages are dropped, counted and reported. */
  maxMessageBytes?: number
  onDropped?: (dropped: DroppedMessage) => void
}

/** A dropped message: too large, or cut off by the end of the stream. */
export type DroppedMessage = {
  why: "oversized" | "cut_off"
  /** Number of wire bytes read. */
  bytes: number
  /** Its first line, up to 200 bytes. */
  firstLine: string
}

type Take = (message: AmiMessage) => void

const MAX_MESSAGE_BYTES = 1_000_000

const LF = 10
const CR = 13
const COLON = 58
const LONG_BYTES = 256
const PIECE_BYTES = 64 * 1024
const ROOM_BYTES = 2 * PIECE_BYTES
const FIRST_MARKS = 512
const MANY_MARKS = 8_192

/**
 * Splits the bytes of one connection into messages, wherever the stream is cut. Each byte is scanned
 * once: a single pass finds lines, colons and the empty line, and stops at the end of the bytes.
 */
export class AmiParser {
  readonly #maxMessageBytes: number
  readonly #onDropped: (dropped: DroppedMessage) => void
  #banner: string | undefined
  #isGreeted = false
  #oversizedCount = 0

  // The buffer holds bytes #start to #end, scanned up to #at. #line is the start of the current
  // line, #colon its first colon (-1: none yet). #marks has the positions of its complete lines.
  #bytes = Buffer.allocUnsafeSlow(ROOM_BYTES)
  #start = 0
  #end = 0
  #at = 0
  #line = 0
  #colon = -1
  readonly #marks: Marks = { places: new Int32Array(FIRST_MARKS), count: 0, turn: 0 }
  // The oversized message being skipped. #start is then the first byte not yet counted.
  #skipped: DroppedMessage | undefined
  #isSkippedCommand = false

  constructor(options: ParserOptions = {}) {
    this.#maxMessageBytes = options.maxMessageBytes ?? MAX_MESSAGE_BYTES
    this.#onDropped = options.onDropped ?? (() => {})
  }

  /** The greeting, once read. A stream may have none. */
  get banner(): string | undefined {
    return this.#banner
  }

  get oversizedCount(): number {
    return this.#oversizedCount
  }

  /** Passes on the messages completed by this chunk, in order. The chunk itself is not kept. */
  read(chunk: Uint8Array, take: Take): void {
    for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
      this.#append(chunk.length <= PIECE_BYTES ? chunk : chunk.subarray(from, from + PIECE_BYTES))
      this.#scan(take)
      // The last buffered byte may be the CR of the empty line, which is not counted.
      const isTooLarge = this.#end - this.#start > this.#maxMessageBytes + 1
      if (isTooLarge && !this.#skipped) this.#skip()
    }
  }

  /** The same, as an array. */
  push(chunk: Uint8Array): AmiMessage[] {
    const messages: AmiMessage[] = []
    this.read(chunk, (message) => messages.push(message))
    return messages
  }

  /** Call at the end of the stream. Reports an incomplete message. */
  end(): void {
    const left = this.#end - this.#start
    if (this.#skipped) this.#onDropped({ ...this.#skipped, bytes: this.#skipped.bytes + left })
    else if (left > 1 || (left === 1 && this.#bytes[this.#start] !== CR)) {
      this.#onDropped(this.#describe("cut_off"))
    }
    this.#skipped = undefined
    this.#start = this.#end = this.#at = this.#line = 0
    this.#begin(0)
    this.#colon = -1
  }

  #append(piece: Uint8Array): void {
    // One extra byte for the LF that stops the scan.
    if (this.#end + piece.length + 1 > this.#bytes.length) this.#makeRoom(piece.length + 1)
    this.#bytes.set(piece, this.#end)
    this.#end += piece.length
    this.#bytes[this.#end] = LF
  }

  #makeRoom(wanted: number): void {
    const held = this.#bytes.subarray(this.#start, this.#end)
    let size = ROOM_BYTES
    while (size < held.length + wanted) size *= 2
    // Shrinks a buffer that one huge message has enlarged.
    const bytes = size === this.#bytes.length ? this.#bytes : Buffer.allocUnsafeSlow(size)
    bytes.set(held)
    this.#bytes = bytes
    this.#moveBy(-this.#start)
  }

  #moveBy(distance: number): void {
    this.#start += distance
    this.#end += distance
    this.#at += distance
    this.#line += distance
    if (this.#colon >= 0) this.#colon += distance
  }

  #scan(take: Take): void {
    const bytes = this.#bytes
    const end = this.#end
    let at = this.#at
    let line = this.#line
    let colon = this.#colon
    let isLong = false
    for (;;) {
      let byte = bytes[at]
      if (colon < 0) {
        while (byte !== COLON && byte !== LF) byte = bytes[++at]
        if (byte === COLON) colon = at
      }
      // Long lines come in groups, so a native search pays off after the first one.
      if (isLong && byte !== LF) at = bytes.indexOf(LF, at)
      else while (byte !== LF) byte = bytes[++at]
      if (at === end) break
      const length = at - line
      if (length === 0 || (length === 1 && bytes[line] === CR)) this.#endMessage(line, at, take)
      else if (!this.#isGreeted && this.#isBanner(line, at, colon)) this.#begin(at + 1)
      else if (!this.#skipped) this.#mark(colon < 0 ? at : colon, at)
      line = ++at
      colon = -1
      isLong = length > LONG_BYTES
    }
    this.#at = at
    this.#line = line
    this.#colon = colon
    if (this.#skipped) this.#forget(this.#skipped)
  }

  #endMessage(end: number, feed: number, take: Take): void {
    if (this.#skipped) {
      if (this.#isSkippedCommand && !isEndMark(this.#bytes, end - 1)) return
      this.#onDropped({ ...this.#skipped, bytes: this.#skipped.bytes + end - this.#start })
      this.#skipped = undefined
    } else if (end > this.#start) {
      const isCommand = isCommandOutput(this.#bytes, this.#start)
      if (isCommand && !isEndMark(this.#bytes, end - 1)) return
      const frame = { bytes: this.#bytes, start: this.#start, end, marks: this.#marks }
      if (end - this.#start > this.#maxMessageBytes) {
        this.#oversizedCount++
        this.#onDropped(this.#describe("oversized", end))
      } else if (isCommand) take(readCommandOutput(frame))
      else take(readFrame(frame))
    }
    this.#begin(feed + 1)
  }

  #begin(start: number): void {
    this.#start = start
    const marks = this.#marks
    marks.count = 0
    marks.turn++
    if (marks.places.length > MANY_MARKS) marks.places = new Int32Array(FIRST_MARKS)
  }

  #skip(): void {
    this.#oversizedCount++
    this.#isSkippedCommand = isCommandOutput(this.#bytes, this.#start)
    this.#skipped = { ...this.#describe("oversized"), bytes: 0 }
    this.#forget(this.#skipped)
  }

  // Of a skipped message, only the bytes that may contain an end mark are kept.
  #forget(skipped: DroppedMessage): void {
    const keptFrom = this.#at - END_MARK_BYTES
    if (keptFrom <= this.#start) return
    skipped.bytes += keptFrom - this.#start
    this.#begin(keptFrom)
  }

  #describe(why: DroppedMessage["why"], end = this.#end): DroppedMessage {
    const head = this.#bytes.toString("utf8", this.#start, Math.min(end, this.#start + 200))
    const firstLine = (head.split("\n", 1)[0] ?? "").replace(/\r$/, "")
    return { why, bytes: end - this.#start, firstLine }
  }

  #isBanner(line: number, feed: number, colon: number): boolean {
    this.#isGreeted = true
    const text = this.#bytes.toString("utf8", line, feed).replace(/\r$/, "")
    if (colon >= 0 && !text.startsWith("Asterisk Call Manager")) return false
    this.#banner = text
    return true
  }

  #mark(colon: number, feed: number): void {
    const marks = this.#marks
    if (marks.count === marks.places.length) {
      const places = new Int32Array(marks.count * 2)
      places.set(marks.places)
      marks.places = places
    }
    marks.places[marks.count++] = colon - this.#start
    marks.places[marks.count++] = feed - this.#start
  }
}
