import assert from "node:assert/strict"
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { test } from "node:test"
import { header, type AmiMessage } from "@ringback/ami/message"
import { isConnected, retry, startBoth, startSession } from "./client-harness.ts"
import { BANNER, startPbx } from "./pbx.ts"
import { until } from "../harness/until.ts"

const event = (uuid: string) => `Event: OutPlanCreate\r\nUuid: ${uuid}\r\n\r\n\r\n`
const isLogoff = (action: AmiMessage) => header(action, "Action") === "Logoff"

test("a renewed session is logged in before the old one ends, and that is no change of state", async (t) => {
  const { pbx, client, clock, seen, names } = await startSession(t)
  const since = client.state.connectedSince
  const [old] = pbx.sockets
  await client.renew()
  const [, fresh] = pbx.sockets
  assert.ok(old && fresh && !pbx.actions.some(isLogoff))
  old.write(event("old"))
  fresh.write(event("fresh"))
  await until(() => seen.messages.length === 2)
  await until(() => {
    clock.advance(1_000)
    return pbx.sockets.size === 1
  })
  assert.ok(pbx.actions.some(isLogoff) && pbx.sockets.has(fresh))
  assert.deepEqual(names(), ["connected"])
  assert.equal(client.state.connectedSince, since)
})

test("new settings hold from the renewal on", async (t) => {
  const { pbx, client, clock } = await startSession(t)
  const other = await startPbx({ secret: "new secret" })
  t.after(() => other.stop())
  await client.renew({ host: "127.0.0.1", port: other.port, username: "u", secret: "new secret" })
  assert.ok(other.sockets.size === 1)
  for (const socket of other.sockets) socket.destroy()
  await until(() => client.state.name === "waiting")
  retry(client, clock)
  await until(() => isConnected(client))
  assert.ok(other.sockets.size === 1)
  assert.equal(pbx.actions.filter((action) => header(action, "Action") === "Login").length, 1)
})

test("a renewal that fails says why, and the old session goes on", async (t) => {
  const { pbx, client, names } = await startSession(t)
  const wrong = { host: "127.0.0.1", port: pbx.port, username: "u", secret: "wrong" }
  await assert.rejects(client.renew(wrong), { code: "credentials_refused" })
  assert.equal(header(await client.send({ Action: "Ping" }), "Ping"), "Pong")
  assert.deepEqual(names(), ["connected"])
})

test("an old session that proves to have been dead leaves a gap in the states", async (t) => {
  let isDead = false
  const { pbx, client, clock, seen } = await startSession(t, {
    onAction: (action) => isDead && header(action, "Action") === "Ping",
  })
  const heardAt = client.state.lastReadAt
  clock.advance(3_000)
  isDead = true
  await client.renew()
  const renewedAt = clock.now()
  await until(() => pbx.actions.some((action) => header(action, "Action") === "Ping"))
  isDead = false
  clock.advance(4_800)
  await until(() => client.state.lastReadAt === clock.now())
  clock.advance(4_800)
  await until(() => client.state.lastReadAt === clock.now())
  clock.advance(400)
  await until(() => seen.states.length === 3)
  const [, gap, after] = seen.states
  assert.deepEqual([gap?.name, gap?.code, gap?.lastReadAt], ["waiting", "silent", heardAt])
  assert.deepEqual([after?.name, after?.connectedSince], ["connected", renewedAt])
  assert.equal(after?.banner, BANNER.trimEnd())
})

test("an old session that proves dead when the new one is gone too changes nothing more", async (t) => {
  let old: Socket | undefined
  const { pbx, client, clock, names } = await startSession(t, {
    onAction: (action, { socket }) => socket === old && header(action, "Action") === "Ping",
  })
  ;[old] = pbx.sockets
  await client.renew()
  const [, fresh] = pbx.sockets
  fresh!.destroy()
  await until(() => client.state.name === "waiting")
  retry(client, clock)
  await until(() => isConnected(client))
  for (const ms of [4_500, 4_500, 4_500]) {
    clock.advance(ms)
    await client.send({ Action: "Ping" })
  }
  await until(() => !pbx.sockets.has(old!))
  assert.deepEqual(names(), ["connected", "waiting", "connected"])
})

test("a client that is closed while it renews tells of its end alone", async (t) => {
  const { pbx, client, names } = await startSession(t, {
    onAction: (action) => header(action, "Action") === "Ping",
  })
  await client.renew()
  await until(() => pbx.actions.some((action) => header(action, "Action") === "Ping"))
  const closed = client.close()
  await assert.rejects(client.send({ Action: "Ping" }), {
    code: "closed",
    message: "this client was closed",
  })
  await closed
  assert.deepEqual(names(), ["connected", "closed"])
})

test("a renewal that AMI cannot carry is refused before anything is sent", async (t) => {
  const { pbx, client } = await startSession(t)
  const wrong = { host: "127.0.0.1", port: pbx.port, username: "u\r\n", secret: "s" }
  await assert.rejects(client.renew(wrong), { code: "action_invalid" })
  assert.equal(pbx.sockets.size, 1)
  assert.ok(isConnected(client))
})

test("a renewal while a session is being opened takes the place of that attempt", async (t) => {
  const { pbx, client, clock, names } = await startBoth(t, {
    onAction: (action) => header(action, "Username") === "collector",
  })
  await until(() => pbx.actions.length === 2)
  const [first] = pbx.sockets
  const other = { host: "127.0.0.1", port: pbx.port, username: "other", secret: "secret" }
  assert.equal(await client.renew(other), undefined)
  await until(() => isConnected(client))
  await until(() => !pbx.sockets.has(first!))
  clock.advance(4_000)
  await client.send({ Action: "Ping" })
  assert.equal(pbx.sockets.size, 1)
  assert.deepEqual(names(), ["connected"])
})

test("without a session a renewal that fails is an attempt that failed", async (t) => {
  const { pbx, client } = await startBoth(t, { secret: "right" })
  await until(() => client.state.name === "refused")
  const failures = client.state.failures
  await client.renew({ host: "127.0.0.1", port: pbx.port, username: "u", secret: "still wrong" })
  await until(() => client.state.failures === failures + 1)
})

test("a client that is closed while it waits does not try again", async (t) => {
  const { pbx, client, clock } = await startBoth(t, { secret: "another" })
  await until(() => client.state.name === "refused")
  await until(() => pbx.sockets.size === 0)
  await client.close()
  clock.advance(60_000)
  // Connections are taken in their order: one of the client's would have come before this one.
  const witness = connect(pbx.port, "127.0.0.1")
  t.after(() => witness.destroy())
  await until(() => pbx.sockets.size > 0)
  await once(witness, "data")
  assert.equal(pbx.sockets.size, 1)
})

test("an attempt by a renewal puts the planned one off", async (t) => {
  const { pbx, client, clock } = await startBoth(t, { secret: "right" })
  await until(() => client.state.name === "refused")
  await client.renew({ host: "127.0.0.1", port: pbx.port, username: "u", secret: "right" })
  await until(() => isConnected(client))
  for (let second = 0; second < 45; second += 3) {
    clock.advance(3_000)
    await client.send({ Action: "Ping" })
  }
  assert.equal(pbx.actions.filter((each) => header(each, "Action") === "Login").length, 2)
})

test("the times of a session are settings", async (t) => {
  const { pbx, clock } = await startSession(t, {}, { tuning: { pingIntervalMs: 1_000 } })
  clock.advance(1_000)
  await until(() => pbx.actions.some((action) => header(action, "Action") === "Ping"))
})

test("without a session a renewal takes the settings over and tries at once", async (t) => {
  const { pbx, client } = await startBoth(t, { secret: "right" })
  await until(() => client.state.name === "refused")
  await client.renew({ host: "127.0.0.1", port: pbx.port, username: "u", secret: "right" })
  await until(() => isConnected(client))
})
