import assert from "node:assert/strict"
import { test } from "node:test"
import { header } from "@ringback/ami/message"
import { isConnected, retry, startBoth, startClient, startSession } from "./client-harness.ts"
import { BANNER, startPbx, type Reply } from "./pbx.ts"
import { holdPort } from "../harness/held-port.ts"
import { until } from "../harness/until.ts"

const isPing = (action: Parameters<typeof header>[0]) => header(action, "Action") === "Ping"

test("an idle session is pinged every five seconds or sooner", async (t) => {
  const { pbx, clock, client } = await startSession(t)
  for (let count = 1; count <= 5; count++) {
    clock.advance(5_000)
    await until(() => pbx.actions.filter(isPing).length === count)
    await until(() => client.state.lastReadAt === clock.now())
  }
  assert.ok(isConnected(client))
})

test("a PBX that stops answering without closing is noticed within 15 s", async (t) => {
  const { pbx, clock, client, seen } = await startSession(t, { onAction: isPing })
  const heardAt = client.state.lastReadAt
  clock.advance(5_000)
  await until(() => pbx.actions.some(isPing))
  clock.advance(9_999)
  await until(() => client.state.name === "waiting")
  assert.equal(client.state.code, "silent")
  assert.equal(seen.states.at(-1)?.lastReadAt, heardAt)
})

test("a PBX that goes on sending events but answers nothing is noticed all the same", async (t) => {
  const { pbx, clock, client, seen } = await startSession(t, { onAction: isPing })
  for (let second = 1; second <= 15; second++) {
    for (const socket of pbx.sockets) socket.write("Event: OutPlanCreate\r\nUuid: 1\r\n\r\n\r\n")
    await until(() => seen.messages.length === second || client.state.name === "waiting")
    clock.advance(1_000)
    if (second === 5) await until(() => pbx.actions.some(isPing))
  }
  await until(() => client.state.name === "waiting")
  assert.equal(client.state.code, "silent")
})

test("a PBX that stalls for 9 s keeps its session", async (t) => {
  const held: Reply[] = []
  const onAction = (action: Parameters<typeof header>[0], reply: Reply) =>
    isPing(action) && held.push(reply) > 0
  const { clock, client, seen } = await startSession(t, { onAction })
  clock.advance(5_000)
  await until(() => held.length === 1)
  clock.advance(9_000)
  held[0]?.respond("Success", { Ping: "Pong" })
  await until(() => client.state.lastReadAt === clock.now())
  clock.advance(5_000)
  await until(() => held.length === 2)
  assert.equal(seen.states.length, 1)
})

test("when this process itself stood still, the PBX is not blamed", async (t) => {
  const held: Reply[] = []
  const onAction = (action: Parameters<typeof header>[0], reply: Reply) =>
    isPing(action) && held.push(reply) > 0
  const { clock, client } = await startSession(t, { onAction })
  clock.advance(5_000)
  await until(() => held.length === 1)
  clock.jump(60_000)
  held[0]?.respond("Success", { Ping: "Pong" })
  // That answer may be as old as the standstill: only one to a new question proves that all was read.
  await until(() => held.length === 2)
  assert.equal(client.state.lastReadAt, clock.now() - 60_000)
  held[1]?.respond("Success", { Ping: "Pong" })
  await until(() => client.state.lastReadAt === clock.now())
  assert.ok(isConnected(client))
})

test("a half-open PBX, which accepts and says nothing, is left after 10 s", async (t) => {
  const { pbx, clock, client } = await startBoth(t, { onSocket() {} })
  await until(() => pbx.sockets.size === 1)
  clock.advance(9_000)
  assert.equal(client.state.name, "connecting")
  clock.advance(1_000)
  await until(() => client.state.name === "waiting")
  assert.equal(client.state.code, "silent")
})

test("a PBX that greets and then answers no login is left as well", async (t) => {
  const { pbx, clock, client } = await startBoth(t, { onAction: () => true })
  await until(() => pbx.actions.length === 1)
  clock.advance(10_000)
  await until(() => client.state.name === "waiting")
  assert.equal(client.state.code, "silent")
  assert.match(client.state.reason ?? "", /Challenge/)
})

test("something that is not AMI is said to be none, with its first words", async (t) => {
  const garbage = [
    "SSH-2.0-OpenSSH_9.6\r\n",
    "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n",
    "\u0000\u0001: \r\n\r\n",
    "x".repeat(10_000),
  ]
  for (const words of garbage) {
    const { client } = await startBoth(t, { onSocket: (socket) => void socket.write(words) })
    await until(() => client.state.name === "waiting")
    assert.equal(client.state.code, "not_ami", words.slice(0, 30))
  }
})

test("garbage in the middle of a session ends in a healthy one again", async (t) => {
  const { pbx, clock, client, names } = await startSession(t)
  for (const socket of pbx.sockets) {
    socket.write(Buffer.from(Array.from({ length: 5_000 }, (_, at) => (at * 37) % 9)))
  }
  clock.advance(5_000)
  await until(() => pbx.actions.some(isPing))
  for (let waited = 0; waited < 40 && names().length < 3; waited++) {
    clock.advance(1_000)
    await new Promise(setImmediate)
  }
  await until(() => isConnected(client))
  assert.deepEqual(names(), ["connected", "waiting", "connected"])
})

test("a stream closed in mid-message: what was whole is kept, the rest reported, a new session opened", async (t) => {
  const { pbx, clock, client, seen } = await startSession(t)
  for (const socket of pbx.sockets) {
    socket.end("Event: OutPlanCreate\r\nUuid: 1\r\n\r\n\r\nEvent: OutPlanUpdate\r\nUu")
  }
  await until(() => client.state.name === "waiting")
  assert.equal(client.state.code, "lost")
  assert.deepEqual(
    seen.messages.map(({ name }) => name),
    ["OutPlanCreate"],
  )
  assert.deepEqual(seen.dropped, [{ why: "cut_off", bytes: 24, firstLine: "Event: OutPlanUpdate" }])
  retry(client, clock)
  await until(() => isConnected(client))
})

test("a message that is too large is reported, and the session goes on", async (t) => {
  const afterLogin = `Event: Huge\r\nV: ${"v".repeat(1_000_000)}\r\n\r\nEvent: After\r\n\r\n`
  const { seen, client } = await startSession(t, { afterLogin })
  await until(() => seen.messages.length === 1)
  assert.equal(seen.messages[0]?.name, "After")
  assert.deepEqual(
    seen.dropped.map(({ why, firstLine }) => [why, firstLine]),
    [["oversized", "Event: Huge"]],
  )
  assert.ok(isConnected(client))
})

test("a connection that is reset is lost, with a reason", async (t) => {
  const { pbx, client } = await startSession(t)
  for (const socket of pbx.sockets) socket.resetAndDestroy()
  await until(() => client.state.name === "waiting")
  assert.equal(client.state.code, "lost")
  assert.match(client.state.reason ?? "", /ECONNRESET/)
})

test("a port that nothing listens on is tried again, ever slower, up to 30 s, and said once", async (t) => {
  const { port, release } = await holdPort()
  t.after(release)
  const { client, clock, seen } = startClient(t, port)
  for (let failures = 1; failures <= 10; failures++) {
    await until(() => client.state.failures === failures)
    const waitMs = (client.state.retryAt ?? 0) - clock.now()
    // Chance stands still at one half, between the least and the ceiling.
    assert.equal(waitMs, 250 + (Math.min(250 * 2 ** (failures - 1), 30_000) - 250) / 2)
    clock.advance(waitMs)
  }
  assert.deepEqual(
    seen.states.map(({ name, code, isAlarm }) => [name, code, isAlarm]),
    [["waiting", "port_refused", true]],
  )
  await until(() => client.state.failures === 11)
  const pbx = await startPbx({ port })
  t.after(() => pbx.stop())
  retry(client, clock)
  await until(() => isConnected(client))
})

test("a name that does not resolve is told apart from a PBX that is away", async (t) => {
  const { client } = startClient(t, 5038, { host: "pbx.invalid" })
  await until(() => client.state.name === "waiting")
  assert.equal(client.state.code, "dns_failed")
})

test("the back-off starts anew only after a session that lasted", async (t) => {
  const { pbx, client, clock } = await startSession(t)
  const lose = async () => {
    for (const socket of pbx.sockets) socket.destroy()
    await until(() => client.state.name === "waiting")
    const { failures } = client.state
    retry(client, clock)
    await until(() => isConnected(client))
    return failures
  }
  assert.deepEqual([await lose(), await lose(), await lose()], [1, 2, 3])
  clock.advance(2_000)
  assert.equal(await lose(), 1)
})

test("a flapping PBX raises one alarm for its cause", async (t) => {
  const { pbx, client, clock, seen } = await startSession(t)
  for (let count = 0; count < 5; count++) {
    clock.advance(3_000)
    for (const socket of pbx.sockets) socket.destroy()
    await until(() => client.state.name === "waiting")
    retry(client, clock)
    await until(() => isConnected(client))
  }
  assert.equal(seen.states.filter(({ isAlarm }) => isAlarm).length, 1)
})

test("the bytes of an old connection never reach into the next", async (t) => {
  const { pbx, clock, client, seen } = await startSession(t)
  for (const socket of pbx.sockets) socket.end("Event: OutPlanCreate\r\nUuid: 1\r\n")
  await until(() => client.state.name === "waiting")
  retry(client, clock)
  await until(() => isConnected(client))
  for (const socket of pbx.sockets) socket.write("\r\nEvent: OutPlanUpdate\r\nUuid: 2\r\n\r\n\r\n")
  await until(() => seen.messages.length > 0)
  assert.deepEqual(seen.messages[0]?.headers, [
    ["Event", "OutPlanUpdate"],
    ["Uuid", "2"],
  ])
  assert.equal(client.state.banner, BANNER.trimEnd())
})
