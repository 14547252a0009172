import { judgeAddress, parseNetworks } from "@ringback/webhooks/address"
import fc from "fast-check"
import ipaddr from "ipaddr.js"
import assert from "node:assert/strict"
import { test } from "node:test"

// IANA's special-purpose registries for IPv4 and IPv6, IPv6's multicast and site-local addresses, and what of IPv6 is
// not given out, and the address of Azure's host. https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry
const notPublic = `
  0.0.0.0/8 0.0.0.0/32 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.0.0/29
  192.0.0.8/32 192.0.0.9/32 192.0.0.10/32 192.0.0.170/32 192.0.0.171/32 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24
  192.88.99.0/24 192.88.99.2/32 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24
  224.0.0.0/4 240.0.0.0/4 255.255.255.255/32 168.63.129.16/32
  ::1/128 ::/128 ::/8 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32 2001:1::1/128 2001:1::2/128
  2001:1::3/128 2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32
  2620:4f:8000::/48 3fff::/20 4000::/2 5f00::/16 8000::/1 fc00::/7 fd00:ec2::254/128 fe80::/10 fec0::/10 ff00::/8`
  .trim()
  .split(/\s+/)

const publicOnes = `
  1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 93.184.216.34 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
  169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 192.169.0.0 198.17.255.255
  198.20.0.0 223.255.255.255 168.63.129.15 168.63.129.17
  2000::1 2001:200::1 2001:4860:4860::8888 2606:4700:4700::1111 2600:1f18::5efe 2a00:1450::1 3ffe:ffff::1`
  .trim()
  .split(/\s+/)

const isAllowed = (address: string, networks = "") =>
  judgeAddress(address, parseNetworks(networks)).isAllowed

const ends = (network: string) => {
  const kind = network.includes(":") ? ipaddr.IPv6 : ipaddr.IPv4
  return [kind.networkAddressFromCIDR(network), kind.broadcastAddressFromCIDR(network)].map(String)
}

test("no network of IANA's special-purpose registries is public, from its first to its last address", () => {
  for (const network of notPublic)
    for (const address of ends(network)) assert.ok(!isAllowed(address), `${address} of ${network}`)
})

test("what lies just beside them is public", () => {
  for (const address of publicOnes) assert.ok(isAllowed(address), address)
})

test("an IPv4 address within an IPv6 one decides", () => {
  const inside = (v4: string) => {
    const [a = 0, b = 0, c = 0, d = 0] = v4.split(".").map(Number)
    return [((a << 8) | b).toString(16), ((c << 8) | d).toString(16)] as const
  }
  const clothes = (v4: string) => {
    const [high, low] = inside(v4)
    return [
      `::ffff:${v4}`,
      `::ffff:${high}:${low}`,
      `0:0:0:0:0:FFFF:${high}:${low}`,
      `64:ff9b::${v4}`,
      `2002:${high}:${low}::1`,
      `2600:1f18::5efe:${high}:${low}`,
      `2600:1f18::200:5efe:${high}:${low}`,
    ]
  }
  for (const v4 of ["127.0.0.1", "10.1.2.3", "169.254.169.254", "0.0.0.0", "168.63.129.16"])
    for (const address of clothes(v4)) assert.ok(!isAllowed(address), address)
  for (const address of clothes("93.184.216.34")) assert.ok(isAllowed(address), address)
  // Compatible, SIIT and Teredo addresses are refused whatever they hold.
  for (const address of [
    "::93.184.216.34",
    "::ffff:0:93.184.216.34",
    "2001:0:5db8:d822::a247:27dd",
  ])
    assert.ok(!isAllowed(address), address)
})

test("a mapped address is dialled as the IPv4 address that it is", () => {
  const verdict = judgeAddress("::FFFF:5db8:d822", [])
  assert.ok(verdict.isAllowed)
  assert.equal(verdict.address, "93.184.216.34")
})

test("what is no plain address is refused, however some library might read it", () => {
  const odd = [
    "",
    "127.1",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "2130706433",
    "127.0.0.1 ",
    "8.8.8.8/0",
    "[::1]",
  ]
  for (const text of [
    ...odd,
    "fe80::1%eth0",
    "2606:4700::1%1",
    "::1%lo",
    "example.com",
    "8.8.8.8\0",
  ])
    assert.ok(!isAllowed(text, "0.0.0.0/0,::/0"), JSON.stringify(text))
})

test("a refusal says what sort of address it is, and the reason names the address", () => {
  const kinds: Record<string, string> = {
    "10.1.2.3": "private IPv4",
    "100.64.0.1": "private IPv4",
    "169.254.169.254": "link-local IPv4",
    "127.0.0.1": "loopback IPv4",
    "224.0.0.1": "multicast IPv4",
    "192.0.2.1": "special-purpose IPv4",
    "168.63.129.16": "special-purpose IPv4",
    "::ffff:10.1.2.3": "private IPv4",
    "fd00::1": "private IPv6",
    "fe80::1": "link-local IPv6",
    "::1": "loopback IPv6",
    "ff02::1": "multicast IPv6",
    "2001:db8::1": "special-purpose IPv6",
    "fe80::1%eth0": "link-local IPv6 with a zone",
    "example.com": "no IP address",
  }
  for (const [address, kind] of Object.entries(kinds)) {
    const verdict = judgeAddress(address, [])
    assert.ok(!verdict.isAllowed, address)
    assert.equal(verdict.kind, kind, address)
  }
  const [private4, none] = ["::ffff:a00:1", "example.com"].map((text) => judgeAddress(text, []))
  assert.ok(!private4!.isAllowed && private4!.reason === "10.0.0.1 is not a public address")
  assert.ok(!none!.isAllowed && none!.reason === "example.com is not an address")
})

test("allowed networks are the only exception, and hold what they say", () => {
  const local = "127.0.0.0/8, ::1/128"
  for (const address of ["127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"])
    assert.ok(isAllowed(address, local), address)
  for (const address of [
    "126.0.0.0",
    "10.0.0.1",
    "::2",
    "::",
    "64:ff9b::127.0.0.1",
    "2002:7f00:1::",
  ])
    assert.equal(isAllowed(address, local), address === "126.0.0.0", address)
  assert.ok(!isAllowed("10.0.0.1", "::/0"))
  assert.ok(isAllowed("10.0.0.1", "10.0.0.1"))
  assert.ok(!isAllowed("10.0.0.2", "10.0.0.1"))
  const listed = judgeAddress("8.8.8.8", parseNetworks(local))
  assert.ok(listed.isAllowed && !listed.isListed)
})

test("a setting that holds no networks says which entry is wrong", () => {
  assert.deepEqual(parseNetworks(""), [])
  assert.deepEqual(parseNetworks(" , "), [])
  for (const entry of [
    "10.0.0.0/33",
    "10.0.0/8",
    "::/129",
    "local",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "1.2.3.4/-1",
  ])
    assert.throws(() => parseNetworks(`127.0.0.0/8,${entry}`), {
      message: new RegExp(RegExp.escape(`"${entry}"`)),
    })
})

test("every IPv6 address outside 2000::/3 is refused unless it holds a public IPv4 one", () => {
  const parts = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
  fc.assert(
    fc.property(parts, (groups) => {
      const address = new ipaddr.IPv6(groups)
      fc.pre(groups[0]! >> 13 !== 1 && !address.match(ipaddr.IPv6.parseCIDR("64:ff9b::/96")))
      fc.pre(!address.isIPv4MappedAddress())
      assert.ok(!isAllowed(address.toString()))
    }),
  )
})
