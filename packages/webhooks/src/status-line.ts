import type { ClientRequest } from "node:http"
import type { Socket } from "node:net"

const MAX_LINE_BYTES = 512
const FINAL_STATUS_LINE = /^HTTP\/1\.[01] ([2-5]\d\d)(?: [^\n]*)?\r?\n/

/**
 * Reads the answer's status line beside Node's parser, which tells nothing before the last header has come. The
 * status line decides: a receiver that said 200 and then broke off has taken the webhook.
 */
export function watchStatusLine(req: ClientRequest) {
  let start = ""
  let socket: Socket | undefined
  const read = (chunk: Buffer) => {
    if (start.length < MAX_LINE_BYTES) start += chunk.toString("latin1", 0, MAX_LINE_BYTES)
  }
  req.once("socket", (connection) => {
    socket = connection
    socket.prependListener("data", read)
  })
  return {
    hasBegun: () => start !== "",
    /** Undefined where the line has not come whole, is no HTTP/1.x, or is provisional (1xx). */
    statusCode: () => {
      const digits = FINAL_STATUS_LINE.exec(start)?.[1]
      return digits === undefined ? undefined : Number(digits)
    },
    stop: () => socket?.off("data", read),
  }
}
