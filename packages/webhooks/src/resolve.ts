import { readFile } from "node:fs/promises"
import { Resolver } from "node:dns/promises"
import { isIP } from "node:net"

/**
 * The addresses of a host, IPv4 first; none if the host does not exist. Throws if the lookup fails.
 */
export type Resolve = (host: string) => Promise<string[]>

type DnsOptions = { servers?: string[]; hostsFile?: string; limitMs?: number }

const QUERY_TIMEOUT_MS = 1_500
const TRIES = 2
const LOOKUP_TIMEOUT_MS = 5_000
const ABSENT = new Set(["ENOTFOUND", "ENODATA"])

/** The answer of `resolve` for a host. An IP address is its own answer. */
export async function addressesOf(host: string, resolve: Resolve): Promise<string[]> {
  return isIP(host) ? [host] : resolve(host)
}

/**
 * Asks the DNS servers of the machine, after its hosts file. Not `dns.lookup`: that runs in libuv's
 * pool of four threads, so that four tenants with a silent DNS server could stop every look-up of
 * the process, the AWS SDK's too. No search domains either: `http://metadata/` must not become
 * `metadata.corp.example`.
 */
export const resolveHost: Resolve = askingDns()

/** `resolveHost` with servers (`address:port`), a hosts file and a limit of one's own. */
export function askingDns(options: DnsOptions = {}): Resolve {
  const { servers, hostsFile = "/etc/hosts", limitMs = LOOKUP_TIMEOUT_MS } = options
  return async (host) => {
    const name = host.toLowerCase().replace(/\.$/, "")
    const listed = await readHosts(hostsFile, name)
    if (listed.length > 0) return listed
    // RFC 6761: localhost is never sent to a DNS server.
    if (name === "localhost" || name.endsWith(".localhost")) return ["127.0.0.1", "::1"]
    // A new resolver for each lookup, because it reads the machine's DNS servers only when created.
    const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: TRIES })
    if (servers) resolver.setServers(servers)
    return ask(resolver, name, limitMs)
  }
}

// RFC 8305 waits 50 ms for the other family once one has answered. For IPv4 more: it is dialled
// first, and is all that there is where no IPv6 is routed, as in a Lambda function outside of a
// VPC.
const WAIT_FOR_IPV6_MS = 50
const WAIT_FOR_IPV4_MS = 1_000
// Of each family. An answer can have four thousand, which would be checked at each attempt and kept
// for a thousand hosts. Far fewer are dialled.
const MAX_ADDRESSES = 64

// Both families are requested at once. Any result counts, even if the other is late or fails.
async function ask(resolver: Resolver, name: string, limitMs: number): Promise<string[]> {
  const cancelAfter = (ms: number) => setTimeout(() => resolver.cancel(), ms)
  const timers = [cancelAfter(limitMs)]
  const ipv4 = resolver.resolve4(name)
  const ipv6 = resolver.resolve6(name)
  ipv4.then(
    () => timers.push(cancelAfter(WAIT_FOR_IPV6_MS)),
    () => undefined,
  )
  ipv6.then(
    () => timers.push(cancelAfter(WAIT_FOR_IPV4_MS)),
    () => undefined,
  )
  const answers = await Promise.allSettled([ipv4, ipv6])
  timers.forEach((timer) => clearTimeout(timer))
  const addresses = answers.flatMap((answer) =>
    answer.status === "fulfilled" ? answer.value.slice(0, MAX_ADDRESSES) : [],
  )
  if (addresses.length > 0) return addresses
  for (const answer of answers)
    if (answer.status === "rejected" && !ABSENT.has(answer.reason.code)) throw answer.reason
  return []
}

/**
 * Keeps answers for `ttlMs` and shares one look-up between those who ask at the same time; failures
 * are not kept.
 */
export function rememberAnswers(resolve: Resolve, ttlMs: number, now: () => number): Resolve {
  const known = new Map<string, { answer: Promise<string[]>; until: number }>()
  return (host) => {
    const kept = known.get(host)
    if (kept && kept.until > now()) return kept.answer
    // Deleted first, so that the map stays sorted by age.
    known.delete(host)
    const [oldest] = known.keys()
    if (known.size >= MAX_KNOWN && oldest !== undefined) known.delete(oldest)
    const answer = resolve(host)
    const forget = () => {
      if (known.get(host)?.answer === answer) known.delete(host)
    }
    known.set(host, { answer, until: now() + ttlMs })
    answer.then((addresses) => addresses.length === 0 && forget(), forget)
    return answer
  }
}

const MAX_KNOWN = 1_000

/** The promise's value, or an error with the code ETIMEOUT after `limitMs`. */
export async function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    const error = Object.assign(new Error("timed out"), { code: "ETIMEOUT" })
    timer = setTimeout(() => reject(error), limitMs)
  })
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer))
}

async function readHosts(file: string, name: string): Promise<string[]> {
  const text = await readFile(file, "utf8").catch(() => "")
  const addresses = text.split("\n").flatMap((line) => {
    const [address, ...names] = line.replace(/#.*/, "").trim().toLowerCase().split(/\s+/)
    return address && names.includes(name) ? [address] : []
  })
  return addresses.toSorted((a, b) => isIP(a) - isIP(b))
}
