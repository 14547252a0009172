import type { ClientRequest } from "node:http"
import type { Socket } from "node:net"

const MAX_LINE_BYTES = 512
const STATUS_LINE = /^HTTP\/1\.[01] ([1-5]\d\d)(?: [^\n]*)?\r?\n/
const SWITCHING_PROTOCOLS = 101

/**
 * Reads the answer's status line beside Node's parser, which tells nothing before the last header has come. The
 * status line decides: a receiver that said 200 and then broke off has taken the webhook. Provisional heads (1xx) in
 * front of it are passed over.
 */
export function watchStatusLine(req: ClientRequest) {
  let hasBegun = false
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
      // What is longer is no status line, and no empty line either.
      if (line.length < MAX_LINE_BYTES) line += chunk.toString("latin1", at, end)
      if (newline >= 0) endLine()
      at = end
    }
  }
  req.once("socket", (connection) => {
    socket = connection
    socket.prependListener("data", read)
  })
  return {
    hasBegun: () => hasBegun,
    /** Undefined where no final line has come whole, or what came is no HTTP/1.x. */
    statusCode: () => statusCode,
    stop: () => socket?.off("data", read),
  }
}
