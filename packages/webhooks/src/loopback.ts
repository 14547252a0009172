import { parseNetworks, type Network } from "./address.ts"

const LOOPBACK = parseNetworks("127.0.0.0/8,::1/128")
const LOOPBACK_HOST =
  /^(127\.\d+\.\d+\.\d+|\[::1\]|\[::ffff:7f[\da-f]{2}:[\da-f]{1,4}\]|(.+\.)?localhost\.?)$/

/**
 * `host:port` of a URL that names this machine itself: a loopback address or localhost. Undefined
 * for any other host, even if it resolves to loopback now: its owner can change the address at any
 * time.
 */
export function loopbackOf(text: string): string | undefined {
  const url = URL.parse(text)
  if (!url || !LOOPBACK_HOST.test(url.hostname)) return undefined
  return `${url.hostname}:${url.port || (url.protocol === "https:" ? 443 : 80)}`
}

/**
 * The addresses that a URL can have: those in the allowed networks, and loopback if exactly its
 * host and port were allowed.
 */
export function networksFor(
  url: URL,
  rules: { allowedNetworks: readonly Network[]; allowedLoopback?: string | null },
): readonly Network[] {
  const { allowedNetworks, allowedLoopback } = rules
  const isAllowed = allowedLoopback && loopbackOf(url.href) === allowedLoopback
  return isAllowed ? [...allowedNetworks, ...LOOPBACK] : allowedNetworks
}
