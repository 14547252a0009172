import type { IncomingMessage } from "node:http"

/** How much of a response's body can help to find the cause of a failure. */
export const KEPT_BODY_BYTES = 1_024

const MAX_BODY_BYTES = 64 * 1_024
// Each piece costs time, however small it is: a body can be sent byte by byte.
const MAX_PIECES = 1_000
const KEPT_PIECE_BYTES = 256

/**
 * Reads a body to its end, so that its connection can be reused, but for at most `limitMs`, 64 KB
 * (or the kept size) and a number of pieces. `done` is called once, with at least the first `keptBytes` of the received
 * data.
 */
export function readStart(
  response: IncomingMessage,
  { limitMs, keptBytes }: { limitMs: number; keptBytes: number },
  done: (start: Buffer) => void,
) {
  const maxPieces = MAX_PIECES + keptBytes / KEPT_PIECE_BYTES
  let length = 0
  let pieces = 0
  let isDone = false
  let kept = Buffer.alloc(0)
  let keptLength = 0
  // Copied, because a piece of one byte keeps all of the memory that the socket read with it.
  const keep = (chunk: Buffer) => {
    const needed = keptLength + chunk.length
    if (needed > kept.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * kept.length, needed))
      kept.copy(larger, 0, 0, keptLength)
      kept = larger
    }
    chunk.copy(kept, keptLength)
    keptLength = needed
  }
  const finish = () => {
    if (isDone) return
    isDone = true
    clearTimeout(timer)
    done(kept.subarray(0, keptLength))
  }
  const timer = setTimeout(finish, limitMs)
  response.on("data", (chunk: Buffer) => {
    if (isDone) return
    if (length < keptBytes) keep(chunk)
    length += chunk.length
    if (length > Math.max(MAX_BODY_BYTES, keptBytes) || ++pieces > maxPieces) finish()
  })
  response.on("end", finish).on("error", finish).on("close", finish)
}
