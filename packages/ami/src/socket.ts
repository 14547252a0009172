import { X509Certificate } from "node:crypto"
import net from "node:net"
import tls from "node:tls"
import { AmiError } from "./errors.ts"

/** The address of a PBX. */
export type Address = {
  host: string
  /** 5038, or 5039 with TLS. */
  port?: number
  /** Present: TLS, verified with this CA (PEM text; default: Node's CAs) and the host name. */
  tls?: { ca?: string; serverName?: string }
}

/** The connection's stage: TCP, then the TLS handshake if enabled. */
export type Stage = "connecting" | "handshake" | "ready"

// Node's default is 250 ms per address, too short for slow connections. This leaves time for two
// addresses in 10 s.
const ATTEMPT_MS = 2_500

/** Starts to connect and reports each stage. `ready` follows a verified handshake. */
export function openSocket(address: Address, onStage: (stage: Stage) => void): net.Socket {
  const host = hostOf(address)
  const to = { host, port: portOf(address), autoSelectFamilyAttemptTimeout: ATTEMPT_MS }
  const socket = address.tls
    ? tls
        .connect({ ...to, ...tlsOptions(address.tls, host) })
        .once("connect", () => onStage("handshake"))
        .once("secureConnect", () => onStage("ready"))
    : net.connect(to).once("connect", () => onStage("ready"))
  // Actions are small and need an answer soon. TCP keep-alive detects dead connections before pings
  // start.
  return socket.setNoDelay(true).setKeepAlive(true, 30_000)
}

/** `pbx.example:5038`, for messages. */
export function nameOf(address: Address): string {
  const host = hostOf(address)
  return `${net.isIPv6(host) ? `[${host}]` : host}:${portOf(address)}`
}

/** An IPv6 address may be in brackets, as in a URL. */
const hostOf = ({ host }: Address) => /^\[(.+)\]$/.exec(host)?.[1] ?? host

function portOf(address: Address): number {
  return address.port ?? (address.tls ? 5039 : 5038)
}

function tlsOptions({ ca, serverName }: { ca?: string; serverName?: string }, host: string) {
  if (ca !== undefined) checkCa(ca)
  const name = serverName ?? host
  return { ...(ca === undefined ? {} : { ca }), ...(net.isIP(name) ? {} : { servername: name }) }
}

// Node ignores a CA that it cannot parse, and reports the PBX's certificate instead.
function checkCa(ca: string): void {
  try {
    new X509Certificate(ca)
  } catch (cause) {
    const words = "TLS: the CA given holds no certificate in PEM form"
    throw new AmiError("tls_failed", words, { cause })
  }
}

const NOT_OF_THE_CA = "its certificate is not of the CA given"
const NOT_KNOWN = "its certificate is not of a CA that Node knows, and none was given"

/** The error text if a port does not speak TLS. */
export const NO_TLS = "it does not speak TLS on this port"

const TLS_WORDS: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed, and not given as the CA",
  SELF_SIGNED_CERT_IN_CHAIN: NOT_OF_THE_CA,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_OF_THE_CA,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOT_OF_THE_CA,
  UNABLE_TO_GET_ISSUER_CERT: NOT_OF_THE_CA,
  CERT_SIGNATURE_FAILURE: "its certificate was not signed by the CA given",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet (or a clock is wrong)",
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
  ECONNRESET: "it hung up",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "it offers nothing newer than TLS 1.1",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "it and we have no TLS version in common",
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: "it and we have no cipher in common",
}

const DNS_CODES = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_NODATA", "EAI_NONAME", "EAI_FAIL"])

/** Describes a socket's error, depending on the stage. */
export function explainSocketError(error: Error, address: Address, stage: Stage): AmiError {
  if (error instanceof AmiError) return error
  const code = codeOf(error)
  const where = nameOf(address)
  const cause = { cause: error }
  if (stage === "ready") {
    return new AmiError("lost", `the connection to ${where} broke: ${code}`, cause)
  }
  if (stage === "handshake") {
    const detail = explainTls(error, code, address)
    return new AmiError("tls_failed", `TLS with ${where} failed: ${detail}`, cause)
  }
  if (DNS_CODES.has(code)) {
    return new AmiError(
      "dns_failed",
      `the name ${hostOf(address)} does not resolve: ${code}`,
      cause,
    )
  }
  if (code === "ECONNREFUSED") {
    return new AmiError("port_refused", `nothing listens on ${where}`, cause)
  }
  return new AmiError("unreachable", `${where} cannot be reached: ${code}`, cause)
}

function explainTls(error: TlsError, code: string, address: Address): string {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return `${wrongName(error, address)} (${code})`
  // Other errors use OpenSSL's text. Some of them have no code.
  const words = TLS_WORDS[code] ?? error.reason ?? error.message
  const isWithoutCa = words === NOT_OF_THE_CA && address.tls?.ca === undefined
  const name = code === "UNSPECIFIED" || code === words ? "" : ` (${code})`
  return `${isWithoutCa ? NOT_KNOWN : words}${name}`
}

type TlsError = Error & { reason?: string; cert?: tls.PeerCertificate }

function wrongName({ cert }: TlsError, address: Address): string {
  const name = address.tls?.serverName ?? hostOf(address)
  const names = cert?.subjectaltname
  // A common name is valid for host names only.
  if (net.isIP(name)) {
    const given = names === undefined ? "has none" : `has ${names}`
    return `its certificate needs the subjectAltName IP:${name}, and ${given}`
  }
  const given = names ?? cert?.subject.CN
  return `its certificate is for another host name${given === undefined ? "" : `, ${String(given)}`}`
}

// For a name with several addresses, Node gives an AggregateError without a message.
function codeOf(error: Error): string {
  const inner = error instanceof AggregateError ? (error.errors[0] as Error) : error
  return "code" in inner && typeof inner.code === "string" ? inner.code : inner.message
}
