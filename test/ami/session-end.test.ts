import assert from "node:assert/strict"
import { test } from "node:test"
import { header } from "@ringback/ami/message"
import { startSession } from "./client-harness.ts"
import { until } from "../harness/until.ts"
import { ManualClock } from "./time.ts"

test("Shutdown is not the last message: the stream is read to its end, and the reason kept", async (t) => {
  const { pbx, client, seen } = await startSession(t)
  for (const socket of pbx.sockets) {
    socket.write(
      "Event: Shutdown\r\nPrivilege: system,all\r\nShutdown: Cleanly\r\nRestart: True\r\n\r\n",
    )
    socket.end("Event: OutDialingUpdate\r\nUuid: 1\r\n\r\n\r\n")
  }
  await until(() => client.state.name === "waiting")
  assert.deepEqual(
    seen.messages.map(({ name }) => name),
    ["Shutdown", "OutDialingUpdate"],
  )
  assert.equal(client.state.code, "shutdown")
  assert.deepEqual(client.state.shutdown, { restart: true })
})

test("closing logs off, hands over what still comes, and ends", async (t) => {
  const { client, clock, seen, names } = await startSession(t, {
    onAction(action, { socket }) {
      if (header(action, "Action") !== "Logoff") return false
      socket.end("Event: OutPlanCreate\r\nUuid: last\r\n\r\n\r\n")
      return true
    },
  })
  await client.close()
  assert.equal(seen.messages.length, 1)
  clock.advance(60_000)
  assert.deepEqual(names(), ["connected", "closed"])
  await assert.rejects(client.send({ Action: "Ping" }), { code: "closed" })
})

test("closing waits only a moment for a PBX that does not hang up", async (t) => {
  const { pbx, client, clock, seen } = await startSession(t, { onAction: isLogoff })
  const closed = client.close()
  await until(() => pbx.actions.some(isLogoff))
  clock.advance(999)
  for (const socket of pbx.sockets) socket.write("Event: OutPlanCreate\r\nUuid: last\r\n\r\n")
  await until(() => seen.messages.length === 1)
  clock.advance(1)
  await closed
})

const isLogoff = (action: Parameters<typeof header>[0]) => header(action, "Action") === "Logoff"

test("a session begins with the answer to its login: nothing that it read lies before", async (t) => {
  // A clock on which each look takes a while.
  const { now, schedule, random } = new ManualClock()
  let looks = 0
  const slow = { now: () => now() + looks++, schedule, random }
  const { client } = await startSession(t, {}, { clock: slow })
  assert.equal(client.state.connectedSince, client.state.lastReadAt)
})

test("a client that is closed has read to the end of its stream, and says so", async (t) => {
  const { clock, client, seen } = await startSession(t)
  clock.advance(4_000)
  assert.equal(client.state.lastReadAt, clock.now() - 4_000)
  await client.close()
  assert.equal(seen.states.at(-1)?.name, "closed")
  assert.equal(seen.states.at(-1)?.lastReadAt, clock.now())
  assert.equal(client.state.lastReadAt, clock.now())
})

test("a client that is closed says when it last read, not when it had connected", async (t) => {
  const { clock, client, seen } = await startSession(t)
  const connectedAt = clock.now()
  for (let count = 0; count < 3; count++) {
    clock.advance(5_000)
    await until(() => client.state.lastReadAt === clock.now())
  }
  await client.close()
  assert.equal(seen.states.at(-1)?.name, "closed")
  assert.equal(seen.states.at(-1)?.lastReadAt, connectedAt + 15_000)
  assert.equal(client.state.lastReadAt, connectedAt + 15_000)
})
