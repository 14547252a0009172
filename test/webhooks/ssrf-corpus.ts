/** Ways to write hosts that no webhook may reach. `PORT` stands where a trap could listen. */
export const hosts: readonly string[] = `
127.0.0.1 127.1 127.0.1 127.0.0.1. 127.255.255.254 2130706433 0x7f000001 0X7F000001 017700000001 0x7f.1 0177.1
0177.0.0.01 0x7f.0x0.0x0.0x1 0x7f.0.0.1 127.0.0x1 00000177.0.0.1 127.000.000.001 0 0. 0x0 0.0.0.0 00.0.0
127。0。0。1 127．0．0．1 １２７.0.0.1 ①②⑦.⓪.⓪.① 𝟏𝟐𝟕.𝟎.𝟎.𝟏 %31%32%37.0.0.1 127%2e0%2e0%2e1 127.0.0.1%2e %30x7f.1
localhost LOCALHOST localhost. lOcAlHoSt ⓛⓞⓒⓐⓛⓗⓞⓢⓣ loc%61lhost lo\u00adcalhost ｌｏｃａｌｈｏｓｔ any.localhost a.b.localhost.
[::1] [0:0:0:0:0:0:0:1] [0000:0000:0000:0000:0000:0000:0000:0001] [::0.0.0.1] [::] [0::0] [::127.0.0.1] [::7f00:1]
[::ffff:127.0.0.1] [::FFFF:7F00:1] [0:0:0:0:0:ffff:127.0.0.1] [::ffff:0.0.0.0] [::ffff:0:127.0.0.1]
[64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b::a9fe:a9fe] [64:ff9b:1::7f00:1] [2002:7f00:1::] [2002:a9fe:a9fe::1]
[2001:0:7f00:1::] [2001::1] [2600:1f18::5efe:7f00:1] [2600:1f18::200:5efe:10.0.0.1] [fe80::1] [fe80::5efe:7f00:1]
[fec0::1] [fc00::1] [fd00:ec2::254] [fd12:3456::1] [ff02::1] [ff0e::1] [100::1] [2001:db8::1] [2001:2::1] [3fff::1]
[5f00::1] [4000::1] [::2]
169.254.169.254 169.254.170.2 169.254.100.1 169.254.79.129 2852039166 0xa9fea9fe 0xA9.0xFE.0xA9.0xFE 0251.0376.0251.0376
169.254.43518 169.16689662 １６９.２５４.１６９.２５４ 169。254。169。254 [::ffff:169.254.169.254] [::ffff:a9fe:a9fe]
10.0.0.1 167772161 012.0.0.1 0xa000001 172.16.0.1 172.31.255.254 192.168.0.1 192.168.257 3232235521 100.64.0.1
100.100.100.200 192.0.0.192 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250
240.0.0.1 255.255.255.255 4294967295 0xffffffff`
  .trim()
  .split(/\s+/)

/** Whole URLs that some parser takes for another host, or that are no web address at all. */
export const urls: readonly string[] = [
  "https:127.0.0.1:PORT/",
  "https:/127.0.0.1:PORT/",
  "https:///127.0.0.1:PORT/",
  "https:\\\\127.0.0.1:PORT\\",
  "  https://127.0.0.1:PORT/  ",
  "https://127.0.\n0.1:PORT/",
  "ht\ttps://127.0.0.1:PORT/",
  "https://example.com@127.0.0.1:PORT/",
  "https://user:password@127.0.0.1:PORT/",
  "https://127.0.0.1:PORT\\@example.com/",
  "https://127.0.0.1:PORT#@example.com/",
  "https://127.0.0.1:PORT?@example.com/",
  "https://example.com:PORT@127.0.0.1:PORT/",
  "https://[::1%25lo]:PORT/",
  "https://[fe80::1%eth0]:PORT/",
  "https://[::ffff:127.0.0.1:PORT/",
  "https://127.0.0.1..:PORT/",
  "https://.127.0.0.1:PORT/",
  "https://127.0.0.1 .example.com:PORT/",
  "https://256.256.256.256:PORT/",
  "https://0x100000000:PORT/",
  "file:///etc/passwd",
  "gopher://127.0.0.1:PORT/_POST",
  "ftp://127.0.0.1:PORT/",
  "ws://127.0.0.1:PORT/",
  "unix:/var/run/docker.sock",
  "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
  "data:text/plain,x",
  "javascript:alert(1)",
  "blob:https://127.0.0.1:PORT/x",
  "//127.0.0.1:PORT/",
  "127.0.0.1:PORT",
  "",
]

/** All of it for a trap at `port`: each host with https and with http, then the whole URLs. */
export function corpus(port: number): string[] {
  const schemes = ["https", "http"]
  const byHost = schemes.flatMap((scheme) => hosts.map((host) => `${scheme}://${host}:${port}/`))
  return [...byHost, ...urls.map((url) => url.replaceAll("PORT", String(port)))]
}
