import { headerProblems } from "@ringback/webhooks/headers"
import fc from "fast-check"
import assert from "node:assert/strict"
import http from "node:http"
import { test } from "node:test"

const namesAtFault = (headers: Record<string, string>) =>
  headerProblems(headers).map(({ name }) => name)

test("authorization, cookies and headers of one's own are free", () => {
  const headers = { Authorization: "Bearer a.b-c", cookie: "a=b", "X-Tenant": "blå", accept: "*/*" }
  assert.deepEqual(headerProblems({ ...headers, "x-empty": "" }), [])
})

test("what belongs to the connection, the framing, the signature or to proxies is refused", () => {
  const denied =
    `Host Connection Keep-Alive Proxy-Authorization Proxy-Connection TE Trailer Transfer-Encoding
    Upgrade HTTP2-Settings Expect Date Via Forwarded Max-Forwards Content-Type Content-Length Content-Encoding
    Webhook-Id Webhook-Signature Webhook-Timestamp Webhook-Anything User-Agent Accept-Encoding X-Forwarded-For
    X-Forwarded-Host X-Real-IP X-Amz-Date X-Amzn-Trace-Id`.split(/\s+/)
  for (const name of denied)
    for (const spelling of [name, name.toLowerCase(), name.toUpperCase()])
      assert.deepEqual(namesAtFault({ [spelling]: "x" }), [spelling])
})

test("names must be tokens, and each is there once", () => {
  for (const name of ["", "a b", "a:b", "a\r\nb", "é", "a\0", ":path", "a,b", "x".repeat(129)])
    assert.deepEqual(namesAtFault({ [name]: "x" }), [name])
  assert.deepEqual(namesAtFault({ "X-A": "1", "x-a": "2" }), ["x-a"])
})

test("values have no control characters, nothing beyond Latin-1 and no outer spaces", () => {
  const values = [
    "a\r\nb",
    "a\nb",
    "a\0b",
    "a\tb",
    "a\x7fb",
    "a\x85b",
    "\u0100",
    "✓",
    " a",
    "a ",
    " ",
  ]
  for (const value of values)
    assert.deepEqual(namesAtFault({ a: value }), ["a"], JSON.stringify(value))
})

test("count and size are limited", () => {
  const many = (count: number, length = 1) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, "v".repeat(length)]))
  assert.deepEqual(headerProblems(many(20)), [])
  const [problem, ...rest] = headerProblems(many(21))
  assert.deepEqual([problem?.name, rest], ["x-20", []])
  assert.match(problem?.message ?? "", /at most 20 headers/)
  assert.deepEqual(headerProblems(many(1, 4_096)), [])
  assert.match(headerProblems(many(1, 4_097))[0]?.message ?? "", /4096/)
  const [tooLong, ...others] = headerProblems(many(3, 4_000))
  assert.deepEqual([tooLong?.name, others], ["x-2", []])
  assert.match(tooLong?.message ?? "", /8192/)
})

test("the names count for the size, and the longest name is as long as it may be", () => {
  const whole = { ["n".repeat(128)]: "v".repeat(4_096), n: "v".repeat(3_967) }
  assert.deepEqual(headerProblems(whole), [])
  assert.deepEqual(namesAtFault({ ...whole, n: "v".repeat(3_968) }), ["n"])
  assert.deepEqual(namesAtFault({ "": "" }), [""])
})

test("whatever passes is taken by Node's HTTP too, as it is", () => {
  const text = fc.string({
    unit: fc.integer({ min: 0, max: 0x17f }).map((c) => String.fromCharCode(c)),
  })
  fc.assert(
    fc.property(fc.dictionary(text, text, { maxKeys: 3 }), (headers) => {
      fc.pre(headerProblems(headers).length === 0)
      for (const [name, value] of Object.entries(headers)) {
        http.validateHeaderName(name)
        http.validateHeaderValue(name, value)
      }
    }),
  )
})
