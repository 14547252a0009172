import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test, type TestContext } from "node:test"
import { isConnected, startClient } from "./client-harness.ts"
import { startPbx, type PbxOptions } from "./pbx.ts"
import { until } from "../harness/until.ts"

const read = (name: string) =>
  readFileSync(new URL(`../fixtures/tls/ami-${name}`, import.meta.url), "utf8")
const ca = read("ca.pem")

async function startTls(
  t: TestContext,
  certificate: string,
  { key = "pbx.key", ...client }: { ca?: string; host?: string; key?: string },
) {
  // As a PBX on an old system, which uses whatever certificate it is given.
  const tls = { key: read(key), cert: read(certificate), ciphers: "DEFAULT@SECLEVEL=0" }
  return startWith(t, { tls }, client)
}

async function startWith(t: TestContext, options: PbxOptions, own: { ca?: string; host?: string }) {
  const pbx = await startPbx(options)
  t.after(() => pbx.stop())
  const { host = "localhost", ...tls } = own
  return startClient(t, pbx.port, { host, tls })
}

test("logs in over TLS to the PBX that the CA vouches for, by name and by address", async (t) => {
  for (const host of ["localhost", "127.0.0.1"]) {
    const { client } = await startTls(t, "localhost.pem", { ca, host })
    await until(() => isConnected(client))
    await client.send({ Action: "Ping" })
  }
})

const failures = [
  {
    why: "a certificate of another CA",
    cert: "localhost.pem",
    ca: read("other-ca.pem"),
    says: /not of the CA given/,
  },
  {
    why: "a certificate of a CA that Node does not know",
    cert: "localhost.pem",
    says: /not of a CA that Node knows/,
  },
  {
    why: "a certificate for another host",
    cert: "elsewhere.pem",
    ca,
    says: /localhost.*another host name, DNS:pbx.elsewhere.example/,
  },
  { why: "an expired certificate", cert: "expired.pem", ca, says: /expired/ },
  {
    why: "a certificate whose key is too short",
    cert: "weak.pem",
    key: "weak.key",
    ca,
    says: /TLS with .* failed: EE certificate key too weak$/,
  },
  {
    why: "a certificate signed with SHA-1",
    cert: "sha1.pem",
    ca,
    says: /TLS with .* failed: CA signature digest algorithm too weak$/,
  },
  {
    why: "a certificate for clients only",
    cert: "client.pem",
    ca,
    says: /TLS with .* failed: unsuitable certificate purpose \(INVALID_PURPOSE\)$/,
  },
  {
    why: "an address that is only the certificate's common name",
    cert: "address.pem",
    host: "127.0.0.1",
    ca,
    says: /failed: its certificate needs the subjectAltName IP:127.0.0.1, and has none \(/,
  },
  {
    why: "a CA whose PEM is broken",
    cert: "localhost.pem",
    ca: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    says: /holds no certificate/,
  },
  {
    why: "a CA file without a certificate",
    cert: "localhost.pem",
    ca: "no PEM",
    says: /holds no certificate/,
  },
]

for (const { why, cert, says, ...own } of failures) {
  test(`${why} fails with that reason`, async (t) => {
    const { client } = await startTls(t, cert, own)
    await until(() => client.state.name === "waiting")
    assert.equal(client.state.code, "tls_failed")
    assert.match(client.state.reason ?? "", says)
  })
}

test("a port without TLS is told so", async (t) => {
  const { client } = await startWith(t, {}, { ca })
  await until(() => client.state.name === "waiting")
  assert.equal(client.state.code, "tls_failed")
  assert.match(client.state.reason ?? "", /does not speak TLS on this port/)
})

test("a PBX that hangs up in the handshake is told apart from one that is away", async (t) => {
  const { client } = await startWith(t, { onSocket: (socket) => void socket.end() }, { ca })
  await until(() => client.state.name === "waiting")
  assert.equal(client.state.code, "tls_failed")
  assert.match(client.state.reason ?? "", /hung up/)
})

test("a handshake that gets no answer ends after 10 s", async (t) => {
  let isAccepted = false
  const onSocket = () => void (isAccepted = true)
  const { client, clock } = await startWith(t, { onSocket }, { ca })
  await until(() => isAccepted)
  clock.advance(10_000)
  await until(() => client.state.name === "waiting")
  assert.equal(client.state.code, "tls_failed")
  assert.match(client.state.reason ?? "", /no handshake/)
})
