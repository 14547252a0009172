import type { Socket } from "node:net"

type Written = (error?: Error | null) => void

const CLOSED = new Set(["EPIPE", "ECONNRESET"])

/**
 * A receiver may respond before it has read the webhook, and close the connection: a 429, a 410, or
 * a 200 if it only reads the headers. Its response is then in the socket while our own write fails,
 * and Node would destroy the socket without reading it. Here a write to a closed connection counts
 * as done: everything that was received is read, and then the end.
 */
export function ignoreWriteErrors(socket: Socket): Socket {
  const forgiving =
    (done: Written): Written =>
    (error) =>
      done(isClosed(error) ? null : error)
  const write = socket._write.bind(socket)
  socket._write = (chunk, encoding, done) => write(chunk, encoding, forgiving(done))
  const writeAll = socket._writev?.bind(socket)
  if (writeAll) socket._writev = (chunks, done) => writeAll(chunks, forgiving(done))
  return socket
}

const isClosed = (error: NodeJS.ErrnoException | null | undefined) => CLOSED.has(error?.code ?? "")
