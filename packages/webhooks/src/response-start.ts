import type { IncomingMessage } from "node:http"

/** How much of a response's body can help to find the cause of a failure. */
export const KEPT_BODY_BYTES = 1_024

const MAX_BODY_BYTES = 64 * 1_024

/**
 * Reads a body to its end, so that its connection can be reused, but for at most `limitMs` and 64
 * KB (or the kept size). `done` is called once, with at least the first `keptBytes` of the received
 * data.
 */
export function readStart(
  response: IncomingMessage,
  { limitMs, keptBytes }: { limitMs: number; keptBytes: number },
  done: (start: Buffer) => void,
) {
  let length = 0
  let isDone = false
  const kept: Buffer[] = []
  const finish = () => {
    if (isDone) return
    isDone = true
    clearTimeout(timer)
    done(Buffer.concat(kept))
  }
  const timer = setTimeout(finish, limitMs)
  response.on("data", (chunk: Buffer) => {
    if (length < keptBytes) kept.push(chunk)
    length += chunk.length
    if (length > Math.max(MAX_BODY_BYTES, keptBytes)) finish()
  })
  response.on("end", finish).on("error", finish).on("close", finish)
}
