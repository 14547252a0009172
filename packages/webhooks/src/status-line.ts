import type { ClientRequest } from "node:http"
import type { Socket } from "node:net"

const MAX_LINE_BYTES = 512
// As much as Node allows for the final response's headers. Its parser counts each provisional
// response anew, so that a receiver could send them without an end.
const MAX_PROVISIONAL_BYTES = 16 * 1024
const STATUS_LINE = /^HTTP\/1\.[01] ([1-5]\d\d)(?: [^\n]*)?\r?\n/
const SWITCHING_PROTOCOLS = 101

/**
 * Reads the response's status line in addition to Node's parser, which reports nothing before the
 * last header has arrived. The status line decides: a receiver that sent 200 and then closed has
 * accepted the webhook. Preceding provisional responses (1xx) are skipped; `onTooMany` is called
 * once if they are over 16 KB.
 */
export function watchStatusLine(req: ClientRequest, onTooMany: () => void) {
  let hasBegun = false
  let bytes = 0
  let line = ""
  let statusCode: number | undefined
  let place: "status line" | "provisional head" | "over" = "status line"
  let socket: Socket | undefined

  const endLine = () => {
    if (place === "status line") {
      const digits = STATUS_LINE.exec(line)?.[1]
      const code = digits === undefined ? undefined : Number(digits)
      const isProvisional = code !== undefined && code < 200 && code !== SWITCHING_PROTOCOLS
      if (code !== undefined && code >= 200) statusCode = code
      place = isProvisional ? "provisional head" : "over"
    } else if (line === "\r\n" || line === "\n") place = "status line"
    line = ""
  }
  const read = (chunk: Buffer) => {
    hasBegun = true
    for (let at = 0; at < chunk.length && place !== "over";) {
      const newline = chunk.indexOf("\n", at)
      const end = newline < 0 ? chunk.length : newline + 1
      // A longer line is neither a status line nor an empty line.
      if (line.length < MAX_LINE_BYTES) line += chunk.toString("latin1", at, end)
      if (newline >= 0) endLine()
      at = end
    }
    if (place === "over") return
    bytes += chunk.length
    if (bytes <= MAX_PROVISIONAL_BYTES) return
    place = "over"
    onTooMany()
  }
  req.once("socket", (connection) => {
    socket = connection
    socket.prependListener("data", read)
  })
  return {
    hasBegun: () => hasBegun,
    /** Undefined if no complete final status line was received, or the data is not HTTP/1.x. */
    statusCode: () => statusCode,
    stop: () => socket?.off("data", read),
  }
}
