import { X509Certificate } from "node:crypto"
import net from "node:net"
import tls from "node:tls"
import { AmiError } from "./errors.ts"

/** Where a PBX listens. */
export type Address = {
  host: string
  /** 5038, or 5039 with TLS. */
  port?: number
  /** Present: TLS, verified against this CA (PEM text; without it those of Node) and the host's name. */
  tls?: { ca?: string; serverName?: string }
}

/** Begins to connect; `onReady` after TCP and, where wanted, a verified TLS handshake. */
export function openSocket(address: Address, onReady: () => void): net.Socket {
  const { host } = address
  const port = portOf(address)
  const socket = address.tls
    ? tls.connect({ host, port, ...tlsOptions(address.tls, host) }).once("secureConnect", onReady)
    : net.connect({ host, port }).once("connect", onReady)
  // Actions are small and waited for; and the network's own probes find a dead path where pings are not yet sent.
  return socket.setNoDelay(true).setKeepAlive(true, 30_000)
}

/** `pbx.example:5038`, as people read it. */
export function nameOf(address: Address): string {
  const host = net.isIPv6(address.host) ? `[${address.host}]` : address.host
  return `${host}:${portOf(address)}`
}

function portOf(address: Address): number {
  return address.port ?? (address.tls ? 5039 : 5038)
}

function tlsOptions({ ca, serverName }: { ca?: string; serverName?: string }, host: string) {
  if (ca !== undefined) checkCa(ca)
  const name = serverName ?? host
  return { ...(ca === undefined ? {} : { ca }), ...(net.isIP(name) ? {} : { servername: name }) }
}

// Node takes a CA that it cannot read for none, and blames the PBX's certificate.
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

const TLS_WORDS: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed, and not given as the CA",
  SELF_SIGNED_CERT_IN_CHAIN: NOT_OF_THE_CA,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_OF_THE_CA,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOT_OF_THE_CA,
  UNABLE_TO_GET_ISSUER_CERT: NOT_OF_THE_CA,
  CERT_SIGNATURE_FAILURE: "its certificate was not signed by the CA given",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet (or a clock is wrong)",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host name",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS on this port",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "it does not speak TLS on this port",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "it offers nothing newer than TLS 1.1",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "it and we have no TLS version in common",
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: "it and we have no cipher in common",
}

const DNS_CODES = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_NODATA", "EAI_NONAME", "EAI_FAIL"])

/** A socket's error in plain words; `isReady` once TCP and TLS stood. */
export function explainSocketError(error: Error, address: Address, isReady: boolean): AmiError {
  if (error instanceof AmiError) return error
  const code = codeOf(error)
  const where = nameOf(address)
  const cause = { cause: error }
  if (isReady) return new AmiError("lost", `the connection to ${where} broke: ${code}`, cause)
  if (DNS_CODES.has(code)) {
    return new AmiError("dns_failed", `the name ${address.host} does not resolve: ${code}`, cause)
  }
  if (code === "ECONNREFUSED") {
    return new AmiError("port_refused", `nothing listens on ${where}`, cause)
  }
  if (address.tls && isTlsTrouble(error, code)) {
    const words = TLS_WORDS[code] ?? (code === "ECONNRESET" ? "it hung up" : error.message)
    const isWithoutCa = words === NOT_OF_THE_CA && address.tls.ca === undefined
    const detail = `${isWithoutCa ? NOT_KNOWN : words}${namesOf(error)} (${code})`
    return new AmiError("tls_failed", `TLS with ${where} failed: ${detail}`, cause)
  }
  return new AmiError("unreachable", `${where} cannot be reached: ${code}`, cause)
}

function isTlsTrouble(error: Error, code: string): boolean {
  const isOfSystem = "syscall" in error && error.syscall === "connect"
  return !isOfSystem && (code in TLS_WORDS || code === "ECONNRESET" || /SSL|TLS|CERT/.test(code))
}

/** What a certificate for another host is for. */
function namesOf(error: Error & { cert?: tls.PeerCertificate }): string {
  const names = error.cert?.subjectaltname ?? error.cert?.subject.CN
  return names === undefined ? "" : `, ${String(names)}`
}

// With several addresses for a name, Node gives an AggregateError with no words of its own.
function codeOf(error: Error): string {
  const inner = error instanceof AggregateError ? (error.errors[0] as Error) : error
  return "code" in inner && typeof inner.code === "string" ? inner.code : inner.message
}
