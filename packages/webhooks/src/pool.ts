import http from "node:http"
import https from "node:https"
import type { Duplex } from "node:stream"

// Connections that wait for the next webhook. Lambda allows a process 1,024 open files.
const MAX_IDLE = 256
const MAX_IDLE_A_NAME = 8
const MAX_IDLE_MS = 30_000

/** Where a connection leads: reused only for the same endpoint, name and address. */
export type Lane = {
  endpointId: string
  isTls: boolean
  /** The vetted address: an IP literal, so that there is nothing left to look up. */
  address: string
  port: number
  /** What the certificate must be for; empty where the URL itself names an address. */
  servername: string
}

export type Pool = ReturnType<typeof openPool>

/** Keep-alive connections. How many are busy at once is the caller's affair; the idle ones are bounded here. */
export function openPool({ ca, now }: { ca?: string | undefined; now: () => number }) {
  const idle: Idle = new Map()
  const options = { keepAlive: true, timeout: MAX_IDLE_MS, maxFreeSockets: MAX_IDLE_A_NAME }
  const plain = boundIdle(new http.Agent(options), idle, now)
  const secure = boundIdle(new https.Agent({ ...options, ...TLS, ...(ca && { ca }) }), idle, now)

  const agentOf = (lane: Lane) => (lane.isTls ? secure : plain)
  const idleOf = (lane: Lane) => {
    const agent = agentOf(lane)
    return [...(agent.freeSockets[agent.getName(dialOptions(lane))] ?? [])]
  }

  return {
    agentOf,
    hasIdle: (lane: Lane) => idleOf(lane).some((socket) => !socket.destroyed),
    dropIdle: (lane: Lane) => idleOf(lane).forEach((socket) => socket.destroy()),
    /** Closes what waits for too long. Timers do so too, but not while a Lambda is frozen. */
    dropExpired() {
      for (const [socket, since] of idle) {
        if (now() - since < MAX_IDLE_MS) break
        socket.destroy()
      }
    },
    close() {
      plain.destroy()
      secure.destroy()
    },
  }
}

/** What Node needs to dial a lane. `lookup` is never asked for a literal address, and would refuse. */
export function dialOptions(lane: Lane) {
  return {
    host: lane.address,
    port: lane.port,
    servername: lane.servername,
    endpointId: lane.endpointId,
    lookup: (host: string) => {
      throw new Error(`${host} was to be looked up a second time`)
    },
  }
}

// No resumed sessions: Node checks the name in a certificate in full handshakes alone. `rejectUnauthorized` is said so
// that no environment variable can say otherwise.
const TLS = { ALPNProtocols: ["http/1.1"], maxCachedSessions: 0, rejectUnauthorized: true }

// Since when each connection waits; the oldest stand in front.
type Idle = Map<Duplex, number>

function boundIdle<A extends http.Agent>(agent: A, idle: Idle, now: () => number): A {
  const { getName, keepSocketAlive, reuseSocket } = agent
  const known = new WeakSet<Duplex>()
  agent.getName = (options) => {
    const { endpointId, servername } = options as Partial<Lane>
    return `${endpointId}:${servername}:${getName.call(agent, options)}`
  }
  agent.keepSocketAlive = (socket) => {
    if (idle.size >= MAX_IDLE) idle.keys().next().value?.destroy()
    idle.set(socket, now())
    if (!known.has(socket)) socket.once("close", () => idle.delete(socket))
    known.add(socket)
    return keepSocketAlive.call(agent, socket)
  }
  agent.reuseSocket = (socket, request) => {
    idle.delete(socket)
    reuseSocket.call(agent, socket, request)
  }
  return agent
}
