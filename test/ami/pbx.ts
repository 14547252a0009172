import { createServer, type AddressInfo, type Server, type Socket } from "node:net"
import { createServer as createTlsServer } from "node:tls"
import { md5Key } from "@ringback/ami/login"
import { header, writeMessage, type AmiMessage } from "@ringback/ami/message"
import { AmiParser } from "@ringback/ami/parser"

export const BANNER = "Asterisk Call Manager/2.10.6\r\n"
const CHALLENGE = "86639986"

export type Answer = (action: AmiMessage, reply: Reply) => void
export type Reply = {
  socket: Socket
  /** Asterisk's answer to the action, or to the list it began. */
  respond: (name: string, headers?: Record<string, string>) => void
  send: (headers: Record<string, string>) => void
}

export type PbxOptions = {
  secret?: string
  tls?: { key: string; cert: string; ciphers?: string }
  /** What stands for the greeting. */
  banner?: string
  /** What a connection gets instead of AMI. */
  onSocket?: (socket: Socket) => void
  /** Every byte is a packet by itself. */
  isTrickling?: boolean
  /** True: this action was answered (or shall not be). */
  onAction?: (action: AmiMessage, reply: Reply) => boolean | void
  /** Written in one piece with the login's answer. */
  afterLogin?: string
  host?: string
  port?: number
}

/** A PBX on a loopback port that knows as much of AMI as a test wants. */
export async function startPbx(options: PbxOptions = {}) {
  const sockets = new Set<Socket>()
  const actions: AmiMessage[] = []
  const serve = (socket: Socket) => {
    sockets.add(socket)
    socket.on("error", () => {}).on("close", () => sockets.delete(socket))
    if (options.onSocket) return options.onSocket(socket)
    if (options.isTrickling) trickle(socket)
    socket.write(options.banner ?? BANNER)
    const parser = new AmiParser()
    socket.on("data", (chunk: Buffer) => {
      for (const action of parser.push(chunk)) {
        actions.push(action)
        const reply = replyTo(action, socket)
        if (!options.onAction?.(action, reply)) answer(action, reply, options)
      }
    })
  }
  const server: Server = options.tls
    ? createTlsServer(options.tls, serve).on("tlsClientError", () => {})
    : createServer(serve)
  await new Promise<void>((resolve) =>
    server.listen(options.port ?? 0, options.host ?? "127.0.0.1", resolve),
  )
  const stop = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  return { port: (server.address() as AddressInfo).port, sockets, actions, options, stop }
}

function replyTo(action: AmiMessage, socket: Socket): Reply {
  const id: Record<string, string> = {}
  const actionId = header(action, "ActionID")
  if (actionId !== undefined) id["ActionID"] = actionId
  const send = (headers: Record<string, string>) =>
    void socket.write(writeMessage(Object.entries(headers)))
  return { socket, send, respond: (name, headers) => send({ Response: name, ...id, ...headers }) }
}

function answer(action: AmiMessage, reply: Reply, options: PbxOptions): void {
  const secret = options.secret ?? "secret"
  switch (header(action, "Action")) {
    case "Challenge":
      return reply.respond("Success", { Challenge: CHALLENGE })
    case "Ping":
      return reply.respond("Success", { Ping: "Pong" })
    case "Logoff":
      reply.respond("Goodbye", { Message: "Thanks for all the fish." })
      return void reply.socket.end()
    case "Login": {
      const isRight =
        header(action, "Key") === md5Key(CHALLENGE, secret) || header(action, "Secret") === secret
      if (!isRight) {
        reply.respond("Error", { Message: "Authentication failed" })
        return void reply.socket.end()
      }
      const id = header(action, "ActionID") ?? ""
      const accepted = { Response: "Success", ActionID: id, Message: "Authentication accepted" }
      return void reply.socket.write(
        writeMessage(Object.entries(accepted)) + (options.afterLogin ?? ""),
      )
    }
    default:
      return reply.respond("Error", { Message: "Permission denied" })
  }
}

function trickle(socket: Socket): void {
  const write = socket.write.bind(socket)
  const waiting: number[] = []
  const drip = () => {
    const byte = waiting.shift()
    if (byte === undefined) return
    write(Buffer.of(byte))
    setImmediate(drip)
  }
  socket.setNoDelay(true)
  socket.write = (data: string | Uint8Array) => {
    if (waiting.length === 0) setImmediate(drip)
    waiting.push(...Buffer.from(data))
    return true
  }
}
