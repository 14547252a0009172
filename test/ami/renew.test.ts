import assert from "node:assert/strict"
import { test } from "node:test"
import { header, type AmiMessage } from "@ringback/ami/message"
import { isConnected, retry, startBoth, startSession } from "./client-harness.ts"
import { startPbx } from "./pbx.ts"
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
})

test("without a session a renewal takes the settings over and tries at once", async (t) => {
  const { pbx, client } = await startBoth(t, { secret: "right" })
  await until(() => client.state.name === "refused")
  await client.renew({ host: "127.0.0.1", port: pbx.port, username: "u", secret: "right" })
  await until(() => isConnected(client))
})
