import { crc32 } from "node:zlib"
import { writeJson } from "@ringback/ami/json"
import { type Draft, finish } from "../envelope.ts"

// A spool record is one line, `CRC32 JSON\n`. The JSON is single-line ASCII, so damage ends at the
// next line feed. Waiting records stay bytes, because many strings would slow down garbage
// collection.
export type SpoolRecord = { bytes: Buffer; from: number; to: number }

// Checksum and space before the JSON, line feed after it.
const HEAD_BYTES = 9
export const FRAME_BYTES = HEAD_BYTES + 1

const SPACE = 32
export const FEED = 10
const BRACE = 125
const HEX = Buffer.from("0123456789abcdef")

export const sizeOf = ({ from, to }: SpoolRecord) => to - from

export const jsonOf = ({ bytes, from, to }: SpoolRecord) =>
  bytes.toString("latin1", from + HEAD_BYTES, to - 1)

const RECEIVED_AT = /"receivedAt":(\d+)/
const ADDRESS_BYTES = 100

/** Epoch ms of the message, without parsing the JSON: the envelope writes the time first. */
export function receivedAtOf({ bytes, from }: SpoolRecord): number {
  return Number(RECEIVED_AT.exec(bytes.toString("latin1", from, from + ADDRESS_BYTES))?.[1] ?? 0)
}

const EVENT_ID = /^\{"v":1,"kind":"event","receivedAt":\d+,"id":"([\w-]{22})"/

/** The id of an event's message; undefined of any other. */
export function eventIdOf({ bytes, from }: SpoolRecord): string | undefined {
  const start = from + HEAD_BYTES
  return EVENT_ID.exec(bytes.toString("latin1", start, start + ADDRESS_BYTES))?.[1]
}

const REPORT = '{"v":1,"kind":"gap"'

/** Whether the record is a gap report. Its time does not show that the PBX was being read. */
export function isReport({ bytes, from }: SpoolRecord): boolean {
  const start = from + HEAD_BYTES
  return bytes.toString("latin1", start, start + REPORT.length) === REPORT
}

/** Whether the checksum matches. */
export function isIntact({ bytes, from, to }: SpoolRecord): boolean {
  if (to - from < FRAME_BYTES || bytes[from + 8] !== SPACE || bytes[to - 1] !== FEED) return false
  const sum = crc32(bytes.subarray(from + HEAD_BYTES, to - 1))
  return bytes.toString("latin1", from, from + 8) === sum.toString(16).padStart(8, "0")
}

const PAGE_BYTES = 1_048_576

/** Writes records contiguously, so that a group is one buffer. */
export class RecordWriter {
  #page = Buffer.alloc(0)
  #at = 0

  write(json: Draft | string): SpoolRecord {
    if (typeof json !== "string") return this.#writeDraft(json)
    this.#makeRoom(json.length)
    const start = this.#at + HEAD_BYTES
    return this.#close(start + this.#page.write(json, start, "latin1"))
  }

  #writeDraft({ head, message, maxBytes }: Draft): SpoolRecord {
    this.#makeRoom(maxBytes)
    const start = this.#at + HEAD_BYTES
    const end = writeJson(message, this.#page, start + this.#page.write(head, start, "latin1"))
    if (end === 0) return this.write(finish(head, message))
    this.#page[end] = BRACE
    return this.#close(end + 1)
  }

  #makeRoom(jsonBytes: number): void {
    const size = jsonBytes + FRAME_BYTES
    if (this.#at + size <= this.#page.length) return
    this.#page = Buffer.allocUnsafeSlow(Math.max(PAGE_BYTES, size))
    this.#at = 0
  }

  /** Adds checksum and line feed around the JSON that ends there. */
  #close(end: number): SpoolRecord {
    const bytes = this.#page
    const from = this.#at
    let sum = crc32(bytes.subarray(from + HEAD_BYTES, end))
    for (let digit = from + 7; digit >= from; digit--, sum >>>= 4) bytes[digit] = HEX[sum & 15]!
    bytes[from + 8] = SPACE
    bytes[end] = FEED
    this.#at = end + 1
    return { bytes, from, to: this.#at }
  }
}

/** Joins adjacent records into as few buffers as possible. */
export function joinRecords(records: readonly SpoolRecord[]): Buffer[] {
  const pieces: Buffer[] = []
  let open: SpoolRecord | undefined
  for (const { bytes, from, to } of records) {
    if (open?.bytes === bytes && open.to === from) open.to = to
    else {
      if (open) pieces.push(open.bytes.subarray(open.from, open.to))
      open = { bytes, from, to }
    }
  }
  if (open) pieces.push(open.bytes.subarray(open.from, open.to))
  return pieces
}
