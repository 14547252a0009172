import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import type { TLSSocket } from "node:tls"
import { explainSocketError, nameOf, type Stage } from "@ringback/ami/socket"
import { isConnected, startClient } from "./client-harness.ts"
import { startPbx } from "./pbx.ts"
import { until } from "../harness/until.ts"

const read = (name: string) =>
  readFileSync(new URL(`../fixtures/tls/ami-${name}`, import.meta.url), "utf8")

test("a PBX is named as people read it, with the port that it has by default", () => {
  assert.equal(nameOf({ host: "pbx.example" }), "pbx.example:5038")
  assert.equal(nameOf({ host: "pbx.example", tls: {} }), "pbx.example:5039")
  assert.equal(nameOf({ host: "pbx.example", port: 1, tls: {} }), "pbx.example:1")
  assert.equal(nameOf({ host: "::1" }), "[::1]:5038")
  assert.equal(nameOf({ host: "[::1]" }), "[::1]:5038")
})

const withCode = (code: string, message = code) => Object.assign(new Error(message), { code })

test("a socket's error is explained by how far the socket had come", () => {
  const cases: [Error, Stage, string, string][] = [
    [withCode("ENOTFOUND"), "connecting", "dns_failed", "the name pbx does not resolve: ENOTFOUND"],
    [withCode("EAI_AGAIN"), "connecting", "dns_failed", "the name pbx does not resolve: EAI_AGAIN"],
    [withCode("ECONNREFUSED"), "connecting", "port_refused", "nothing listens on pbx:5038"],
    [
      withCode("EHOSTUNREACH"),
      "connecting",
      "unreachable",
      "pbx:5038 cannot be reached: EHOSTUNREACH",
    ],
    [
      new AggregateError([withCode("ETIMEDOUT"), withCode("ENETUNREACH")]),
      "connecting",
      "unreachable",
      "pbx:5038 cannot be reached: ETIMEDOUT",
    ],
    [new Error("no code"), "connecting", "unreachable", "pbx:5038 cannot be reached: no code"],
    [withCode("ECONNRESET"), "ready", "lost", "the connection to pbx:5038 broke: ECONNRESET"],
    [
      withCode("ECONNRESET"),
      "handshake",
      "tls_failed",
      "TLS with pbx:5038 failed: it hung up (ECONNRESET)",
    ],
    [
      withCode("CERT_NOT_YET_VALID"),
      "handshake",
      "tls_failed",
      "TLS with pbx:5038 failed: its certificate is not valid yet (or a clock is wrong) (CERT_NOT_YET_VALID)",
    ],
    [
      withCode("ERR_SSL_WRONG_VERSION_NUMBER"),
      "handshake",
      "tls_failed",
      "TLS with pbx:5038 failed: it does not speak TLS on this port (ERR_SSL_WRONG_VERSION_NUMBER)",
    ],
    [
      withCode("UNSPECIFIED", "some certificate trouble"),
      "handshake",
      "tls_failed",
      "TLS with pbx:5038 failed: some certificate trouble",
    ],
    [
      withCode("SELF_SIGNED_CERT_IN_CHAIN"),
      "handshake",
      "tls_failed",
      "TLS with pbx:5038 failed: its certificate is not of a CA that Node knows, and none was given (SELF_SIGNED_CERT_IN_CHAIN)",
    ],
  ]
  for (const [error, stage, code, message] of cases) {
    const explained = explainSocketError(error, { host: "pbx" }, stage)
    assert.deepEqual([explained.code, explained.message], [code, message])
    assert.equal(explained.cause, error)
    // What is explained already stays as it is.
    assert.equal(explainSocketError(explained, { host: "pbx" }, "ready"), explained)
  }
})

test("with a CA of one's own a chain that it does not end is told as its fault", () => {
  for (const code of [
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "UNABLE_TO_GET_ISSUER_CERT",
  ]) {
    const tls = { ca: "..." }
    const { message } = explainSocketError(withCode(code), { host: "pbx", tls }, "handshake")
    const expected = `TLS with pbx:5039 failed: its certificate is not of the CA given (${code})`
    assert.equal(message, expected)
  }
})

test("a certificate that names nobody, or only a common name, is told so", () => {
  const explain = (cert: object | undefined, serverName?: string) =>
    explainSocketError(
      Object.assign(withCode("ERR_TLS_CERT_ALTNAME_INVALID"), { cert }),
      { host: "pbx", tls: serverName === undefined ? {} : { serverName } },
      "handshake",
    ).message.replace(/^TLS with pbx:5039 failed: | \(ERR_TLS_CERT_ALTNAME_INVALID\)$/g, "")
  const other = "its certificate is for another host name"
  assert.equal(explain(undefined), other)
  assert.equal(explain({ subject: { CN: "old" } }), `${other}, old`)
  assert.equal(explain({ subject: { CN: "old" }, subjectaltname: "DNS:new" }), `${other}, DNS:new`)
  assert.equal(
    explain({ subject: {}, subjectaltname: "DNS:new" }, "10.0.0.1"),
    "its certificate needs the subjectAltName IP:10.0.0.1, and has DNS:new",
  )
})

test("a PBX with several names is told which one is wanted, and its certificate must have that one", async (t) => {
  const tls = { key: read("pbx.key"), cert: read("elsewhere.pem") }
  const pbx = await startPbx({ tls })
  t.after(() => pbx.stop())
  const ca = read("ca.pem")
  const serverName = "pbx.elsewhere.example"
  const { client } = startClient(t, pbx.port, { host: "localhost", tls: { ca, serverName } })
  await until(() => client.state.name !== "connecting")
  assert.ok(isConnected(client), client.state.reason ?? "")
  const [socket] = pbx.sockets as Set<TLSSocket>
  assert.equal(socket!.servername, serverName)
})

test("without another name the host's is asked for, and an address is none", async (t) => {
  const tls = { key: read("pbx.key"), cert: read("localhost.pem") }
  for (const [host, servername] of [
    ["localhost", "localhost"],
    ["127.0.0.1", false],
  ] as const) {
    const pbx = await startPbx({ tls })
    t.after(() => pbx.stop())
    const { client } = startClient(t, pbx.port, { host, tls: { ca: read("ca.pem") } })
    await until(() => client.state.name !== "connecting")
    assert.ok(isConnected(client), client.state.reason ?? "")
    const [socket] = pbx.sockets as Set<TLSSocket>
    assert.equal(socket!.servername, servername)
  }
})
