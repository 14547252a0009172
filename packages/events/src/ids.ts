import { randomBytes } from "node:crypto"

// Crockford's alphabet in small letters: sorts as the bytes do, and has no l, i, o or u to misread.
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
const VALUES = new Map(Array.from(ALPHABET, (letter, value) => [letter, value] as const))

// A shift keeps 32 bits, of which the lowest dozen are still to be written: what was written may stay above them.

/** Base32 of whole bytes, most significant bit first, the last digit padded with zero bits. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = ""
  let buffer = 0
  let bits = 0
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET[(buffer >> bits) & 31]
    }
  }
  return bits > 0 ? text + ALPHABET[(buffer << (5 - bits)) & 31] : text
}

/** The bytes of `encodeBase32`, or undefined where the text is not exactly what it would have written. */
export function decodeBase32(text: string): Buffer | undefined {
  const bytes = Buffer.alloc(Math.floor((text.length * 5) / 8))
  let at = 0
  let buffer = 0
  let bits = 0
  for (const letter of text) {
    const value = VALUES.get(letter)
    if (value === undefined) return undefined
    buffer = (buffer << 5) | value
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = buffer >> bits
    }
  }
  return encodeBase32(bytes) === text ? bytes : undefined
}

export type IdPrefix = "ten" | "key" | "src" | "ep" | "job" | "aud" | "lnk" | "ses"

// 48 bits of milliseconds, then 80 random ones: ids sort by the time they were made, so lists read newest first.
const ID_TEXT = /^[0-9a-hjkmnp-tv-z]{26}$/

/** A new id such as `ep_06fz...` (26 digits), sorted by `now` (epoch milliseconds). */
export function makeId(prefix: IdPrefix, now: number): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(now, 0, 6)
  return `${prefix}_${encodeBase32(bytes)}`
}

/** When an id was made, in epoch milliseconds. */
export function timeOfId(id: string): number {
  return decodeBase32(id.slice(id.indexOf("_") + 1))?.readUIntBE(0, 6) ?? 0
}

/** Whether the text has the form of an id with that prefix; says nothing of whether the thing exists. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && ID_TEXT.test(text.slice(prefix.length + 1))
}

/** How many bytes of a SHA-256 stand in an event or delivery id. 96 bits: no accident within one tenant. */
export const HASH_BYTES = 12

/** An event's id encodes its key: 8 bytes of nanoseconds, 12 of hash. */
export function makeEventId(timeNanos: bigint, hash: Uint8Array): string {
  const bytes = Buffer.alloc(8 + HASH_BYTES)
  bytes.writeBigUInt64BE(timeNanos)
  bytes.set(hash.subarray(0, HASH_BYTES), 8)
  return `evt_${encodeBase32(bytes)}`
}

/** Time and hash of an event id, or undefined where it is none. */
export function parseEventId(id: string): { timeNanos: bigint; hash: Buffer } | undefined {
  if (!id.startsWith("evt_") || id.length !== 36) return undefined
  const bytes = decodeBase32(id.slice(4))
  if (!bytes) return undefined
  return { timeNanos: bytes.readBigUInt64BE(), hash: bytes.subarray(8) }
}
