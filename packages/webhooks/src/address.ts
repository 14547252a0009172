import { isIP } from "node:net"
import ipaddr from "ipaddr.js"

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** A network that endpoints can be in although it is not public. */
export type Network = [Address, number]

/** `address` is the normalized spelling that was checked. Dial exactly that. */
export type Verdict =
  | { isAllowed: true; address: string; isListed: boolean }
  | {
      isAllowed: false
      reason: string
      /** The kind of address, without the address itself: `private IPv4`. */
      kind: string
    }

/** Parses networks from a setting such as `127.0.0.0/8,::1/128`. Throws with the invalid entry. */
export function parseNetworks(setting: string): Network[] {
  const entries = setting.split(",").map((entry) => entry.trim())
  return entries.filter((entry) => entry !== "").map(parseNetwork)
}

/**
 * Whether an address can be dialled: because it is public, or because it is in one of the networks
 * (`isListed`). Everything else is refused, including any address that no rule below defines as
 * public.
 */
export function judgeAddress(text: string, allowedNetworks: readonly Network[]): Verdict {
  const address = parseAddress(text)
  if (!address) return { isAllowed: false, reason: `${text} is not an address`, kind: kindOf(text) }
  const canonical = address.toString()
  const isListed = allowedNetworks.some((network) => contains(network, address))
  if (isListed || isPublic(address)) return { isAllowed: true, address: canonical, isListed }
  const reason = `${canonical} is not a public address`
  return { isAllowed: false, reason, kind: kindOf(text, address) }
}

const KINDS: Record<string, string> = {
  carrierGradeNat: "private",
  linkLocal: "link-local",
  loopback: "loopback",
  multicast: "multicast",
  private: "private",
  uniqueLocal: "private",
}

function kindOf(text: string, address?: Address): string {
  if (!address) return text.includes("%") ? "link-local IPv6 with a zone" : "no IP address"
  const family = address.kind() === "ipv4" ? "IPv4" : "IPv6"
  return `${KINDS[address.range()] ?? "special-purpose"} ${family}`
}

// An IPv4-mapped IPv6 address (::ffff:0:0/96) is dialled as IPv4 by every system, so it is checked
// as IPv4. `isIP` comes first: ipaddr.js also reads octal and short forms, which no resolver
// returns. A zone names an interface. URL writes IPv6 in hex: ipaddr.js would read ::1.2.3.4 as a
// mapped address, which it is not.
function parseAddress(text: string): Address | undefined {
  const version = isIP(text)
  if (version === 0 || text.includes("%")) return undefined
  return version === 4
    ? ipaddr.IPv4.parse(text)
    : ipaddr.process(new URL(`http://[${text}]`).hostname.slice(1, -1))
}

function isPublic(address: Address): boolean {
  return address instanceof ipaddr.IPv4 ? isPublicIPv4(address) : isPublicIPv6(address)
}

// ipaddr.js returns "unicast" for an address in none of IANA's special-purpose networks.
// test/webhooks/address.test.ts checks this against the registries.
function isPublicIPv4(address: ipaddr.IPv4): boolean {
  return address.range() === "unicast" && address.toString() !== AZURE_HOST
}

// Azure's host responds at this address on every virtual machine: DNS, health probes and the
// machine's certificates. It is the only metadata service at an address that no registry reserves.
const AZURE_HOST = "168.63.129.16"

function isPublicIPv6(address: ipaddr.IPv6): boolean {
  const [first = 0, second = 0] = address.parts
  // Translators reach the IPv4 address within: NAT64 (64:ff9b::/96, the last 32 bits), 6to4
  // (2002::/16, the next 32).
  if (address.match(NAT64)) return isPublicIPv4(embedded(address, 6))
  if (first === 0x2002) return isPublicIPv4(embedded(address, 1))
  // Only 2000::/3 of IPv6 is allocated. So the rest of ::/8 (IPv4-compatible, SIIT), 5f00::/16,
  // fc00::/7, fe80::/10, fec0::/10, ff00::/8 and all unassigned addresses are refused here.
  // 2001::/23 belongs to the IETF: Teredo, ORCHID and others.
  if (first >> 13 !== 1 || address.range() !== "unicast" || (first === 0x2001 && second < 0x200))
    return false
  return !isIsatap(address) || isPublicIPv4(embedded(address, 6))
}

const NAT64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96")

// RFC 5214: an interface identifier that tunnels to the IPv4 address in its last 32 bits, whatever
// the prefix.
function isIsatap({ parts }: ipaddr.IPv6): boolean {
  return ((parts[4] ?? 0) & ~0x0200) === 0 && parts[5] === 0x5efe
}

function embedded(address: ipaddr.IPv6, firstPart: number): ipaddr.IPv4 {
  return new ipaddr.IPv4(address.toByteArray().slice(firstPart * 2, firstPart * 2 + 4))
}

function contains([network, bits]: Network, address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, bits)
}

function parseNetwork(entry: string): Network {
  const [text = "", prefix, ...rest] = entry.split("/")
  const address = parseAddress(text)
  const maxBits = address?.kind() === "ipv4" ? 32 : 128
  const bits = prefix === undefined ? maxBits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN
  if (!address || rest.length > 0 || !(bits <= maxBits))
    throw new Error(`${JSON.stringify(entry)} is not a network such as 10.0.0.0/8 or fd00::/8`)
  return [address, bits]
}
