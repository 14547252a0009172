import { DialError } from "./dial.ts"

/** Explains Node's error for a failed request; `host` is the name that was requested. */
export function describeFailure(error: NodeJS.ErrnoException, host: string): string {
  if (error instanceof DialError) return describeDialling(error, host)
  const { code = "", message } = error
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return `TLS: the certificate is not for ${host}`
  if (code === "HPE_HEADER_OVERFLOW") return "the answer's headers are larger than 16 KB"
  if (code.startsWith("HPE_")) return "the answer is not valid HTTP/1.1"
  if (code === "ECONNRESET" && message.includes("before secure TLS connection"))
    return "TLS: the connection was closed during the handshake"
  const words = WORDS[code]
  if (words) return words
  if (code === "EPROTO" || code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_"))
    return `TLS: ${OPENSSL_REASON.exec(message)?.[1] ?? message}`
  // The rest of the codes without an E in front are OpenSSL's verdicts on a certificate; Node adds
  // advice after a `;`.
  if (/^[A-DF-Z][A-Z_]+$/.test(code)) {
    const hint = code === "UNABLE_TO_VERIFY_LEAF_SIGNATURE" ? `: ${CHAIN}` : ""
    return `TLS: ${message.replace(/;.*/s, "")}${hint}`
  }
  return code ? `${message} (${code})` : message
}

// Several addresses may have failed with different reasons. A timeout is listed first.
function describeDialling({ reasons, limitMs }: DialError, host: string): string {
  const late = limitMs === undefined ? [] : [`connect timed out after ${seconds(limitMs)}`]
  return [...new Set([...late, ...reasons.map((each) => describeFailure(each, host))])].join("; ")
}

export const seconds = (ms: number) => `${Number((ms / 1_000).toFixed(1))} s`

/** Explains a failed DNS lookup. */
export function describeLookupFailure(error: NodeJS.ErrnoException, host: string): string {
  const code = error.code ? ` (${error.code})` : ""
  return `DNS: ${host} could not be looked up${code}`
}

// Browsers fetch or remember what is missing, so that whoever looks there finds nothing wrong.
const CHAIN = "the server may not send its intermediate certificate; it has to send its full chain"

// error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../deps/...
const OPENSSL_REASON = /:SSL routines:[^:]*:([^:]+)/

const WORDS: Record<string, string> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection was closed before an answer",
  EPIPE: "the connection was closed before an answer",
  ENETUNREACH: "no route to the host",
  EHOSTUNREACH: "no route to the host",
  EADDRNOTAVAIL: "no route to the host",
  EAFNOSUPPORT: "no route to the host",
  ETIMEDOUT: "connect timed out",
}
