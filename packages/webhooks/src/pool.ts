import http from "node:http"
import https from "node:https"
import type { Duplex } from "node:stream"
import { dial, orderToDial, type Destination } from "./dial.ts"
import { ignoreWriteErrors } from "./early-answer.ts"

// Limits of idle connections. Lambda allows a process 1,024 open files.
const MAX_IDLE = 256
const MAX_IDLE_PER_LANE = 8
const MAX_IDLE_MS = 30_000

// The address that answered last is tried first for this long.
const PREFERRED_MS = 60_000
const MAX_PREFERRED = 1_000

/**
 * A destination of one endpoint. A connection is reused only for the same endpoint, host, port and
 * checked address.
 */
export type Lane = Destination & { endpointId: string }

/** Passed from a request to `createConnection`: the agent forwards all options of a request. */
type Dialling = { lane: Lane; limitMs: number; signal: AbortSignal }

export type Pool = ReturnType<typeof openPool>

/** Keep-alive connections. The pool limits only idle ones; the caller limits busy ones. */
export function openPool({ ca, now }: { ca?: string | undefined; now: () => number }) {
  const idle: Idle = new Map()
  const addressOf = new WeakMap<object, string>()
  const preferred = rememberPreferred(now)
  const options = { keepAlive: true, timeout: MAX_IDLE_MS, maxFreeSockets: MAX_IDLE_PER_LANE }
  const plain = boundIdle(new http.Agent(options), idle, now)
  const secure = boundIdle(new https.Agent(options), idle, now)
  for (const agent of [plain, secure]) {
    agent.createConnection = (given, callback) => {
      const { lane, limitMs, signal } = (given as unknown as { dialling: Dialling }).dialling
      const addresses = orderToDial(lane.addresses, preferred.get(lane))
      dial({ ...lane, addresses }, { limitMs, signal, ca }).then(
        ({ socket, address }) => {
          addressOf.set(socket, address)
          preferred.set(lane, address)
          callback?.(null, ignoreWriteErrors(socket))
        },
        (error: Error) => callback?.(error, undefined as never),
      )
      return undefined
    }
  }

  const agentOf = (lane: Lane) => (lane.isTls ? secure : plain)
  const idleOf = (lane: Lane) => [...(agentOf(lane).freeSockets[nameOf(lane)] ?? [])]

  return {
    /**
     * Options for Node's `request`: use an idle connection of the lane, or dial a new one within
     * the limit.
     */
    optionsFor: (lane: Lane, limitMs: number, signal: AbortSignal) => {
      const { host, port } = lane
      return { agent: agentOf(lane), host, port, dialling: { lane, limitMs, signal } }
    },
    dropIdle: (lane: Lane) => idleOf(lane).forEach((socket) => socket.destroy()),
    /**
     * Closes idle connections that must not be reused: those to an address that the host no longer
     * has, and those that were idle too long. Timers also close the latter, but they do not run
     * while a Lambda is frozen.
     */
    dropUnfit(lane: Lane) {
      for (const [socket, since] of idle) {
        if (now() - since < MAX_IDLE_MS) break
        socket.destroy()
      }
      for (const socket of idleOf(lane)) {
        if (!lane.addresses.includes(addressOf.get(socket) ?? "")) socket.destroy()
      }
    },
    close() {
      plain.destroy()
      secure.destroy()
    },
  }
}

const nameOf = ({ endpointId, host, port }: Lane) => `${endpointId}:${host}:${port}`

function rememberPreferred(now: () => number) {
  const preferred = new Map<string, { address: string; until: number }>()
  const keyOf = ({ isTls, host, port }: Destination) => `${isTls}:${host}:${port}`
  return {
    get(destination: Destination) {
      const found = preferred.get(keyOf(destination))
      return found && found.until > now() ? found.address : undefined
    },
    set(destination: Destination, address: string) {
      const key = keyOf(destination)
      // Deleted first, so that the map stays sorted by age.
      preferred.delete(key)
      const [oldest] = preferred.keys()
      if (oldest !== undefined && preferred.size >= MAX_PREFERRED) preferred.delete(oldest)
      preferred.set(key, { address, until: now() + PREFERRED_MS })
    },
  }
}

// When each connection became idle, oldest first.
type Idle = Map<Duplex, number>

function boundIdle<A extends http.Agent>(agent: A, idle: Idle, now: () => number): A {
  const { keepSocketAlive, reuseSocket } = agent
  const known = new WeakSet<Duplex>()
  agent.getName = (options) => nameOf((options as unknown as { dialling: Dialling }).dialling.lane)
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
