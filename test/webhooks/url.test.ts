import { parseNetworks } from "@ringback/webhooks/address"
import { checkUrl } from "@ringback/webhooks/url"
import assert from "node:assert/strict"
import { test } from "node:test"
import { startSender } from "./receiver.ts"

const hosts: Record<string, string[]> = {
  "public.test": ["93.184.216.34", "2606:4700::1"],
  "local.test": ["127.0.0.1"],
  "mixed.test": ["127.0.0.1", "93.184.216.34"],
}
const resolve = async (host: string) =>
  host === "down.test"
    ? Promise.reject(new Error("failed"))
    : (hosts[host.replace(/\.$/, "")] ?? [])

async function reason(url: string, networks = "", requireHttps = false) {
  const allowedNetworks = parseNetworks(networks)
  const check = await checkUrl(url, { allowedNetworks, resolve, requireHttps })
  return check.ok ? undefined : check.reason
}

test("https to a public host is accepted, with any port, path and query", async () => {
  for (const url of [
    "https://public.test",
    "https://public.test:8443/a/b?c=d",
    "https://public.test./",
    "HTTPS://PUBLIC.TEST/",
    "https://93.184.216.34/",
    "https://[2606:4700::1]:8443/",
  ])
    assert.equal(await reason(url), undefined, url)
})

test("a host that does not resolve is accepted, to be judged at each delivery", async () => {
  for (const host of ["absent.test", "down.test", "bücher.test", "a_b.test"])
    assert.equal(await reason(`https://${host}/`), undefined, host)
  assert.equal(await reason("http://absent.test/", "127.0.0.0/8"), undefined)
})

test("plain http is only for hosts within the allowed networks", async (t) => {
  assert.equal(await reason("http://local.test/", "127.0.0.0/8"), undefined)
  assert.equal(await reason("http://127.0.0.1:3000/", "127.0.0.0/8"), undefined)
  assert.match((await reason("http://public.test/", "127.0.0.0/8")) ?? "", /https/)
  assert.equal(await reason("http://mixed.test/", "127.0.0.0/8"), undefined)
  assert.match((await reason("http://absent.test/")) ?? "", /https/)
  assert.match((await reason("http://local.test/", "127.0.0.0/8", true)) ?? "", /https/)
  const { post } = startSender(t, { resolve })
  assert.match((await post("http://public.test/")).error ?? "", /^refused: Plain http/)
})

test("each refusal says what is wrong", async () => {
  const cases: [string, RegExp][] = [
    ["", /not an absolute URL/],
    ["public.test/webhooks", /not an absolute URL/],
    ["/webhooks", /not an absolute URL/],
    ["https://", /not an absolute URL/],
    ["https://a b/", /no spaces/],
    [" https://public.test/", /no spaces/],
    ["https://pub\tlic.test/", /no control/],
    ["https://public.test/\u001b[31m\u202e", /no control/],
    ["https://public.test:99999/", /not an absolute URL/],
    ["ftp://public.test/", /begins with https:\/\/, not with ftp:/],
    ["mailto:a@public.test", /begins with https/],
    ["https://user@public.test/", /user name or password/],
    ["https://user:secret@public.test/", /user name or password/],
    ["https://:secret@public.test/", /user name or password/],
    ["https://public.test/#top", /fragment/],
    ["https://public..test/", /not a host name/],
    ["https://../", /not a host name/],
    [`https://public.test/${"x".repeat(2_048)}`, /longer than 2048/],
    ["https://10.0.0.1/", /^10\.0\.0\.1 is not a public address$/],
    ["https://0xa000001/", /^10\.0\.0\.1 is not a public address$/],
    ["https://[::ffff:a00:1]/", /^10\.0\.0\.1 is not a public address$/],
    [
      "https://local.test/",
      /^local\.test resolves to an address that is not public \(loopback IPv4\)$/,
    ],
    ["https://public.test:0/", /^Port 0 cannot be dialled/],
    ["https://public.test:00000/", /^Port 0 cannot be dialled/],
    ["https://pub\u200dlic.test/", /not an absolute URL/],
    ["https://public.test/\u00ad", /no control/],
  ]
  for (const [url, words] of cases) assert.match((await reason(url)) ?? "", words, url)
})

test("a secret in a refused URL is not repeated", async () => {
  assert.doesNotMatch((await reason("https://user:secret@public.test/")) ?? "", /secret/)
})

test("a delivery refuses what a registration refuses, in the same words", async (t) => {
  const { post } = startSender(t, { allowedNetworks: [], resolve })
  for (const url of ["https://user@public.test/", "https://10.0.0.1/", "https://local.test/", "x"])
    assert.equal((await post(url)).error, `refused: ${await reason(url)}`)
})

test("a host with a zero-width joiner where IDNA allows one is accepted", async () => {
  // Persian for "letters" and a Sanskrit conjunct: without the joiner they are other words.
  for (const host of [
    "\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.test",
    "\u0915\u094d\u200d\u0937.test",
  ])
    assert.equal(await reason(`https://${host}/`), undefined, host)
})

test("a host with addresses that are not public beside public ones is accepted", async () => {
  assert.equal(await reason("https://mixed.test/"), undefined)
})
