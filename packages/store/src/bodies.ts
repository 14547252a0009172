import { deflateRawSync, inflateRawSync } from "node:zlib"

/** What receivers responded, by attempt. Null: nothing, or it is stored with the attempt itself. */
export type Bodies = (string | null)[]

// Each write of an item is charged for the whole item, claims included. Ten bodies of one kilobyte
// would be most of the cost of ten failures, but they are mostly alike: compressed together, they
// take little more space than one.
const VERSION = 1
const LEVEL = 9

/** Shorter bodies would not get smaller, and stay readable in the table's console. */
export const PACKED_FROM_BYTES = 64

export const packBodies = (bodies: Bodies): Uint8Array =>
  Buffer.concat([Buffer.of(VERSION), deflateRawSync(JSON.stringify(bodies), { level: LEVEL })])

/** Throws if the bytes were compressed by an unknown version. */
export function unpackBodies(packed: Uint8Array): Bodies {
  if (packed[0] !== VERSION) throw new Error(`packed by version ${packed[0]}`)
  return JSON.parse(inflateRawSync(packed.subarray(1)).toString("utf8")) as Bodies
}
