import { isIP } from "node:net"
import { judgeAddress, type Network } from "./address.ts"
import { networksFor } from "./loopback.ts"
import { addressesOf, resolveHost, type Resolve } from "./resolve.ts"

export type UrlRules = {
  allowedNetworks: readonly Network[]
  /** Refuses plain http even within the allowed networks. */
  requireHttps?: boolean
  /** The one `host:port` that may also lead to loopback, as `loopbackOf` writes it. */
  allowedLoopback?: string | null
}

export type Refusal = { ok: false; reason: string }

/** `host` is the URL's, without the brackets of IPv6. */
export type Target = { ok: true; url: URL; host: string }

const MAX_URL_LENGTH = 2_048

/**
 * Judges the URL of an endpoint at its registration, with reasons for people. A host that does not
 * resolve now is accepted: each delivery judges the addresses that it is about to dial.
 */
export async function checkUrl(
  text: string,
  options: UrlRules & { resolve?: Resolve },
): Promise<{ ok: true } | Refusal> {
  const target = parseTarget(text, options)
  if (!target.ok) return target
  const addresses = await addressesOf(target.host, options.resolve ?? resolveHost).catch(() => [])
  const verdict = checkAddresses(target, addresses, options)
  return verdict.ok ? { ok: true } : verdict
}

/**
 * What can be said of a URL without looking anything up. WHATWG's parser brings every spelling of a
 * host (decimal, octal, hex, short, percent-encoded, digits of other scripts) to one, and what it
 * returns is what is dialled.
 */
export function parseTarget(text: string, rules: UrlRules): Target | Refusal {
  if (text.length > MAX_URL_LENGTH)
    return refuse(`The URL is longer than ${MAX_URL_LENGTH} characters`)
  // The parser would drop or encode them. The displayed URL should be the one that is dialled.
  if (NOT_IN_A_URL.test(text)) return refuse("A URL has no spaces and no control characters")
  const url = URL.parse(text)
  if (!url) return refuse("This is not an absolute URL such as https://example.com/webhooks")
  if (url.protocol !== "https:" && url.protocol !== "http:")
    return refuse(`A URL begins with https://, not with ${url.protocol}`)
  if (url.protocol === "http:" && (rules.requireHttps || networksFor(url, rules).length === 0))
    return refuse(HTTPS_ONLY)
  if (url.username || url.password)
    return refuse("A URL carries no user name or password; use the endpoint's headers")
  // Port 0 asks a system for any free port; nobody can listen there.
  if (url.port === "0") return refuse("Port 0 cannot be dialled: give the receiver's own port")
  if (url.hash) return refuse("A URL carries no fragment (#...): it would never be sent")
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1")
  // One dot at the end is DNS's way to say that a name is complete; `a..b` and `..` are no names.
  if (host.replace(/\.$/, "").split(".").includes(""))
    return refuse(`${url.hostname} is not a host name`)
  return { ok: true, url, host }
}

/** `leftOut` describes the host's addresses that may not be dialled; empty if there are none. */
export type CheckedAddresses = { ok: true; addresses: string[]; leftOut: string }

/**
 * The addresses that may be dialled, in the spelling to dial; or why there is none. A host may have
 * others beside them (a link-local one in a hosts file, a private one in a DNS of two views): those
 * are never dialled, and so do no harm.
 */
export function checkAddresses(
  { url, host }: Target,
  found: readonly string[],
  rules: UrlRules,
): CheckedAddresses | Refusal {
  const isPlain = url.protocol === "http:"
  const networks = networksFor(url, rules)
  const addresses: string[] = []
  const leftOut = new Set<string>()
  let isHttpsOnly = false
  for (const text of found) {
    const verdict = judgeAddress(text, networks)
    if (!verdict.isAllowed) {
      if (isIP(host)) return refuse(verdict.reason)
      leftOut.add(verdict.kind)
    } else if (isPlain && !verdict.isListed) {
      isHttpsOnly = true
      leftOut.add("public, which takes https")
    } else addresses.push(verdict.address)
  }
  const kinds = [...leftOut].join(", ")
  if (addresses.length > 0 || found.length === 0)
    return { ok: true, addresses, leftOut: kinds && `; other addresses left out: ${kinds}` }
  if (isHttpsOnly) return refuse(HTTPS_ONLY)
  // The error names only the kind of address, because the tenant may not be able to look up the
  // name.
  return refuse(`${host} resolves to an address that is not public (${kinds})`)
}

// The zero-width joiners (U+200C, U+200D) are letters' neighbours in Persian and Indic names; in a
// host the URL parser takes them only where IDNA allows them.
const NOT_IN_A_URL = /[\p{Cc}\p{Z}]|(?![\u200c\u200d])\p{Cf}/u

const HTTPS_ONLY = "Plain http is only for hosts within the allowed networks; use https"

const refuse = (reason: string): Refusal => ({ ok: false, reason })
