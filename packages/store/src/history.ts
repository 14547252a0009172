import { brotliCompressSync, brotliDecompressSync, constants, inflateRawSync } from "node:zlib"

// Each write of an item is charged for the whole item, claims included. Attempts are mostly alike,
// and so are what receivers answer: compressed together, ten take little more space than one.
// Brotli knows the words of HTML. At this level it takes as much time as deflate.
const VERSION = 2
/** An earlier version deflated the bodies alone. */
const BODIES_VERSION = 1
const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN } = constants
const params = { [BROTLI_PARAM_QUALITY]: 9, [BROTLI_PARAM_LGWIN]: 16 }

export const packHistory = (attempts: readonly object[]): Uint8Array =>
  Buffer.concat([Buffer.of(VERSION), brotliCompressSync(JSON.stringify(attempts), { params })])

/** Throws if the bytes were compressed by an unknown version. */
export const unpackHistory = (packed: Uint8Array): unknown =>
  JSON.parse(brotliDecompressSync(bytesOf(packed, VERSION)).toString("utf8"))

/** What receivers responded, by attempt. Null: it is stored with the attempt itself. */
export const unpackBodies = (packed: Uint8Array) =>
  JSON.parse(inflateRawSync(bytesOf(packed, BODIES_VERSION)).toString("utf8")) as (string | null)[]

function bytesOf(packed: Uint8Array, version: number): Uint8Array {
  if (packed[0] !== version) throw new Error(`packed by version ${packed[0]}`)
  return packed.subarray(1)
}
