import assert from "node:assert/strict"
import dns from "node:dns"
import { networkInterfaces } from "node:os"
import { test } from "node:test"
import { isConnected, startClient } from "./client-harness.ts"
import { BANNER, startPbx } from "./pbx.ts"
import { startSlowServer } from "../harness/slow-server.ts"
import { until } from "../harness/until.ts"

test("a name's good address is waited for on a slow line, although it has a dead one too", async (t) => {
  const slow = await startSlowServer(BANNER)
  t.after(() => slow.close())
  const lookup = (_name: string, _options: object, answer: (...found: unknown[]) => void) =>
    answer(null, [
      { address: "127.0.0.1", family: 4 },
      { address: "::1", family: 6 },
    ])
  t.mock.method(dns, "lookup", lookup as unknown as typeof dns.lookup)
  const { client } = startClient(t, slow.port, { host: "pbx.example.com" })
  // By then its first packet is lost; the system sends the next after a second.
  setTimeout(slow.wake, 100)
  // Its greeting is read: the attempt came as far as the login, to which this server says nothing.
  await until(() => client.state.name !== "connecting" || slow.isTalkedTo())
  assert.equal(client.state.reason, null)
})

const hasIPv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === "::1"),
)

test("an IPv6 address may be written in brackets", { skip: !hasIPv6 }, async (t) => {
  const pbx = await startPbx({ host: "::1" })
  t.after(() => pbx.stop())
  const { client } = startClient(t, pbx.port, { host: "[::1]" })
  await until(() => client.state.name !== "connecting")
  assert.ok(isConnected(client), client.state.reason ?? "")
})
