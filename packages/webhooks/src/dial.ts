import net, { isIPv6 } from "node:net"
import tls from "node:tls"

/** The destination of a connection. */
export type Destination = {
  isTls: boolean
  /** The host name that the certificate must match. It is not looked up here. */
  host: string
  port: number
  /** Checked addresses in the order to try. Only these are dialled. */
  addresses: readonly string[]
}

export type Connection = { socket: net.Socket; address: string }

/**
 * No address answered: one reason per failed address, and the time after which the rest was
 * abandoned.
 */
export class DialError extends Error {
  readonly reasons: readonly NodeJS.ErrnoException[]
  readonly limitMs: number | undefined
  constructor(reasons: readonly NodeJS.ErrnoException[], limitMs?: number) {
    super("no address could be connected to")
    this.reasons = reasons
    this.limitMs = limitMs
  }
}

// RFC 8305: the next address is tried after 250 ms, while the first attempt continues. A dead
// address then costs 250 ms instead of the whole time limit. After a TCP connect, the TLS handshake
// of a distant server gets one second.
const NEXT_AFTER_MS = 250
const NEXT_AFTER_ANSWER_MS = 1_000

// All addresses are started within two seconds.
const MAX_ADDRESSES = 8

// TLS sessions are not resumed, because Node checks a certificate's host name only in full
// handshakes. `rejectUnauthorized` is set explicitly, so that no environment variable can turn it
// off.
const TLS = { ALPNProtocols: ["http/1.1"], rejectUnauthorized: true }

/**
 * The addresses in the order to try them: IPv4 and IPv6 alternate. If `first` is one of them, it
 * comes first.
 */
export function orderToDial(addresses: readonly string[], first?: string): string[] {
  const isFirstFamily = (address: string) => isIPv6(address) === isIPv6(addresses[0] ?? "")
  const [these, others] = [
    addresses.filter(isFirstFamily),
    addresses.filter((address) => !isFirstFamily(address)),
  ]
  const alternating = addresses.flatMap((_, index) => [these[index], others[index]])
  const all =
    first !== undefined && addresses.includes(first) ? [first, ...alternating] : alternating
  return [...new Set(all.filter((each) => each !== undefined))].slice(0, MAX_ADDRESSES)
}

/**
 * Connects to the first address that answers. With TLS, the certificate must match the host for
 * every address. Rejects with a DialError. Aborting the signal ends all attempts.
 */
export function dial(
  destination: Destination,
  { limitMs, signal, ca }: { limitMs: number; signal: AbortSignal; ca?: string | undefined },
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const waiting = [...destination.addresses]
    const open = new Set<net.Socket>()
    const reasons: NodeJS.ErrnoException[] = []
    let nextTimer: NodeJS.Timeout | undefined

    const end = () => {
      clearTimeout(nextTimer)
      clearTimeout(limitTimer)
      signal.removeEventListener("abort", giveUp)
      open.forEach((socket) => socket.destroy())
    }
    const giveUp = () => {
      end()
      reject(new DialError(reasons, limitMs))
    }
    const tryNextAfter = (ms: number) => {
      clearTimeout(nextTimer)
      nextTimer = setTimeout(tryNext, ms)
    }
    const tryNext = () => {
      const address = waiting.shift()
      if (address === undefined) return
      const socket = begin(destination, address, ca)
      open.add(socket)
      tryNextAfter(NEXT_AFTER_MS)
      socket.once("connect", () => tryNextAfter(NEXT_AFTER_ANSWER_MS))
      socket.once(destination.isTls ? "secureConnect" : "connect", () => {
        open.delete(socket)
        end()
        resolve({ socket, address })
      })
      const failed = (error: NodeJS.ErrnoException) => {
        if (!open.delete(socket)) return
        reasons.push(error)
        if (waiting.length > 0) return tryNext()
        if (open.size > 0) return
        end()
        reject(new DialError(reasons))
      }
      socket.on("error", failed)
    }
    const limitTimer = setTimeout(giveUp, limitMs)
    if (signal.aborted) return giveUp()
    signal.addEventListener("abort", giveUp)
    tryNext()
  })
}

function begin({ isTls, host, port }: Destination, address: string, ca: string | undefined) {
  const options = { host: address, port, noDelay: true, lookup: refuseToLookUp }
  if (!isTls) return net.connect(options)
  // Without a server name, the certificate is checked against the address, which is then the host.
  const servername = net.isIP(host) ? "" : host
  return tls.connect({ ...options, ...TLS, servername, ...(ca && { ca }) })
}

// Never called for a literal address.
function refuseToLookUp(host: string): never {
  throw new Error(`${host} must not be looked up a second time`)
}
