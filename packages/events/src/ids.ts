import { randomBytes } from "node:crypto"

// Crockford's alphabet in lower case: sorts as the bytes do, and has no l, i, o or u.
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
const VALUES = new Map(Array.from(ALPHABET, (letter, value) => [letter, value] as const))

// A shift keeps 32 bits. Only the lowest dozen are still to be written, so bits above them do no harm.

/** Base32 of whole bytes, most significant bit first. The last digit is padded with zero bits. */
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

/** Decodes `encodeBase32`; undefined for any text that it would not produce. */
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

// 48 bits of milliseconds and 80 random bits. Ids sort by creation time, so lists can be read
// newest first.
const ID_TEXT = /^[0-9a-hjkmnp-tv-z]{26}$/

/** A new id such as `ep_06fz...` (26 digits), sorted by `now` (epoch milliseconds). */
export function makeId(prefix: IdPrefix, now: number): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(now, 0, 6)
  return `${prefix}_${encodeBase32(bytes)}`
}

/** An id's creation time in epoch milliseconds. */
export function timeOfId(id: string): number {
  return decodeBase32(id.slice(id.indexOf("_") + 1))?.readUIntBE(0, 6) ?? 0
}

/** Whether the text has the form of an id with that prefix. The object may not exist. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && ID_TEXT.test(text.slice(prefix.length + 1))
}

/**
 * Bytes of a SHA-256 in an event or delivery id. With 96 bits, collisions within a tenant are
 * negligible.
 */
export const HASH_BYTES = 12

/** An event's id encodes its key: 8 bytes of nanoseconds, 12 of hash. */
export function makeEventId(timeNanos: bigint, hash: Uint8Array): string {
  const bytes = Buffer.alloc(8 + HASH_BYTES)
  bytes.writeBigUInt64BE(timeNanos)
  bytes.set(hash.subarray(0, HASH_BYTES), 8)
  return `evt_${encodeBase32(bytes)}`
}

/** Time and hash of an event id; undefined if the text is not one. */
export function parseEventId(id: string): { timeNanos: bigint; hash: Buffer } | undefined {
  if (!id.startsWith("evt_") || id.length !== 36) return undefined
  const bytes = decodeBase32(id.slice(4))
  if (!bytes) return undefined
  return { timeNanos: bytes.readBigUInt64BE(), hash: bytes.subarray(8) }
}
