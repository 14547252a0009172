import assert from "node:assert/strict"
import { test } from "node:test"
import { header } from "@ringback/ami/message"
import { isConnected, retry, startBoth, startClient, startSession } from "./client-harness.ts"
import { startSlowServer } from "../harness/slow-server.ts"
import { until } from "../harness/until.ts"

// How a session begins and ends, and what is said of it.

test("nothing was read in a session before there was one", async (t) => {
  const { client, seen } = await startBoth(t, { secret: "another" })
  assert.deepEqual([client.state.name, client.state.failures], ["connecting", 0])
  await until(() => client.state.name === "refused")
  assert.equal(client.state.lastReadAt, null)
  assert.equal(client.state.connectedSince, null)
  assert.equal(client.state.banner, null)
  assert.equal(seen.states.length, 1)
})

test("an event tells when it was read, and so does what was too large", async (t) => {
  const read: [string, number][] = []
  const { pbx, clock } = await startSession(
    t,
    {},
    {
      maxMessageBytes: 100,
      onMessage: ({ name }, receivedAt) => read.push([name, receivedAt]),
      onDropped: ({ why }, droppedAt) => read.push([why, droppedAt]),
    },
  )
  clock.advance(1_234)
  const now = clock.now()
  for (const socket of pbx.sockets)
    socket.write(`Event: A\r\n\r\nEvent: B\r\nV: ${"v".repeat(100)}\r\n\r\nEvent: C\r\n\r\n`)
  await until(() => read.length === 3)
  assert.deepEqual(read, [
    ["A", now],
    ["oversized", now],
    ["C", now],
  ])
})

test("a PBX without a greeting is known by its first message", async (t) => {
  const { client } = await startSession(t, { banner: "Event: FullyBooted\r\n\r\n" })
  assert.equal(client.state.banner, null)
})

test("a greeting of another make is taken, and anything else is said with its first words", async (t) => {
  const fork = await startSession(t, { banner: "ACME call manager proxy 3\r\n" })
  assert.equal(fork.client.state.banner, "ACME call manager proxy 3")
  const cases: [string, RegExp][] = [
    ["SSH-2.0-OpenSSH_9.6\r\n", /is not AMI: "SSH-2\.0-OpenSSH_9\.6"$/],
    [`${"long ".repeat(40)}\r\n`, /is not AMI: "(long ){16}"$/],
    ["x: y\r\n\r\n", /is not AMI: "x: y"$/],
    ["x".repeat(4_096), /is not AMI: ""$/],
  ]
  for (const [banner, words] of cases) {
    const { client } = await startBoth(t, { banner })
    await until(() => client.state.name === "waiting")
    assert.equal(client.state.code, "not_ami")
    assert.match(client.state.reason ?? "", words)
  }
})

test("what could still become a greeting is waited for", async (t) => {
  let greet = () => {}
  const { client, clock, pbx } = await startBoth(t, {
    onSocket(socket) {
      socket.write("x".repeat(4_000))
      greet = () => void socket.write("y".repeat(96))
    },
  })
  await until(() => pbx.sockets.size === 1)
  clock.advance(9_999)
  assert.equal(client.state.name, "connecting")
  greet()
  await until(() => client.state.name === "waiting")
  assert.equal(client.state.code, "not_ami")
})

test("a session that the PBX closes is lost, and whether it was logged in is said", async (t) => {
  const early = await startBoth(t, {
    onAction(_, { socket }) {
      socket.end()
      return true
    },
  })
  await until(() => early.client.state.name === "waiting")
  assert.equal(early.client.state.code, "lost")
  assert.match(
    early.client.state.reason ?? "",
    /closed the connection before the login was through$/,
  )
  const late = await startSession(t)
  for (const socket of late.pbx.sockets) socket.end()
  await until(() => late.client.state.name === "waiting")
  assert.match(late.client.state.reason ?? "", /:\d+ closed the connection$/)
})

test("a PBX that says nothing may want TLS, and one that greeted does not", async (t) => {
  const mute = await startBoth(t, { onSocket() {} })
  await until(() => mute.pbx.sockets.size === 1)
  mute.clock.advance(10_000)
  await until(() => mute.client.state.name === "waiting")
  assert.match(
    mute.client.state.reason ?? "",
    /sent no greeting within 10 s \(does this port want TLS\?\)$/,
  )
  const greeting = await startBoth(t, { onAction: () => true })
  await until(() => greeting.pbx.actions.length === 1)
  greeting.clock.advance(10_000)
  await until(() => greeting.client.state.name === "waiting")
  assert.match(greeting.client.state.reason ?? "", /gave no answer to Challenge within 10 s$/)
})

test("an address that answers no packet is left after 10 s", async (t) => {
  const slow = await startSlowServer("")
  t.after(() => slow.close())
  const { client, clock } = startClient(t, slow.port)
  clock.advance(9_999)
  await new Promise(setImmediate)
  assert.equal(client.state.name, "connecting")
  clock.advance(1)
  await until(() => client.state.name === "waiting")
  assert.equal(client.state.code, "unreachable")
  assert.match(client.state.reason ?? "", /cannot be reached: no answer within 10 s$/)
})

for (const [restart, said, words] of [
  ["Restart: True\r\n", true, /^the PBX at .* restarts$/],
  ["Restart: False\r\n", false, /^the PBX at .* was shut down$/],
  ["", false, /^the PBX at .* was shut down$/],
] as const) {
  test(`a shutdown with ${JSON.stringify(restart)} tells whether the PBX comes back`, async (t) => {
    const { pbx, client } = await startSession(t)
    for (const socket of pbx.sockets) socket.end(`Event: Shutdown\r\n${restart}\r\n`)
    await until(() => client.state.name === "waiting")
    assert.deepEqual(client.state.shutdown, { restart: said })
    assert.match(client.state.reason ?? "", words)
  })
}

test("a response called Shutdown is no shutdown", async (t) => {
  const { pbx, client, seen } = await startSession(t)
  for (const socket of pbx.sockets) socket.end("Response: Shutdown\r\nRestart: True\r\n\r\n")
  await until(() => client.state.name === "waiting")
  assert.equal(seen.messages.length, 1)
  assert.deepEqual([client.state.code, client.state.shutdown], ["lost", null])
})

test("what was asked of a session that we close is rejected as closed, whatever the PBX says of its end", async (t) => {
  const { pbx, client, seen } = await startSession(t, {
    onAction(action, { send, socket }) {
      const name = header(action, "Action")
      if (name === "Wait") send({ Event: "Shutdown" })
      if (name === "Logoff") socket.end()
      return name === "Wait" || name === "Logoff"
    },
  })
  const asked = assert.rejects(client.send({ Action: "Wait" }), { code: "closed" })
  await until(() => seen.messages.length === 1)
  await client.close()
  await asked
  assert.equal(pbx.actions.filter((action) => header(action, "Action") === "Logoff").length, 1)
})

test("closed before the login: there is nothing to log off from, and nothing is tried again", async (t) => {
  const { pbx, client, clock, names } = await startBoth(t, { onAction: () => true })
  await until(() => pbx.actions.length === 1)
  await client.close()
  await client.close()
  clock.advance(120_000)
  await until(() => pbx.sockets.size === 0)
  assert.deepEqual(names(), ["closed"])
  assert.equal(pbx.actions.length, 1)
  await assert.rejects(client.renew(), { code: "closed" })
})

test("a session of a minute makes the next failure worth an alarm again, a shorter one does not", async (t) => {
  const { pbx, client, clock } = await startSession(t)
  const loseAfter = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 4_000) {
      clock.advance(Math.min(4_000, ms - passed))
      await client.send({ Action: "Ping" })
    }
    for (const socket of pbx.sockets) socket.destroy()
    await until(() => client.state.name === "waiting")
    const { isAlarm } = client.state
    retry(client, clock)
    await until(() => isConnected(client))
    return isAlarm
  }
  assert.equal(await loseAfter(0), true)
  assert.equal(await loseAfter(59_999), false)
  assert.equal(await loseAfter(60_000), true)
})

test("another cause is another alarm, and each change is said once", async (t) => {
  const { pbx, client, clock, seen } = await startSession(t)
  for (const socket of pbx.sockets) socket.destroy()
  await until(() => client.state.name === "waiting")
  pbx.options.secret = "another"
  retry(client, clock)
  await until(() => client.state.name === "refused")
  retry(client, clock)
  await until(() => client.state.failures === 3)
  assert.deepEqual(
    seen.states.map(({ name, code, isAlarm }) => [name, code, isAlarm]),
    [
      ["connected", null, false],
      ["waiting", "lost", true],
      ["refused", "credentials_refused", true],
    ],
  )
  assert.equal(client.state.isAlarm, false)
})
