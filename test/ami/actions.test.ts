import assert from "node:assert/strict"
import { test } from "node:test"
import { writeAction } from "@ringback/ami/action"
import { header, type AmiMessage } from "@ringback/ami/message"
import { isConnected, startBoth, startSession } from "./client-harness.ts"
import type { Reply } from "./pbx.ts"
import { until } from "../harness/until.ts"

const nameOf = (action: AmiMessage) => header(action, "Action")
const idOf = (action: AmiMessage) => header(action, "ActionID") ?? ""

/** A PBX that holds back its answers to these actions, so that the test gives them. */
function holding(...names: string[]) {
  const held: { action: AmiMessage; reply: Reply }[] = []
  const onAction = (action: AmiMessage, reply: Reply) =>
    names.includes(nameOf(action) ?? "") && held.push({ action, reply }) > 0
  const take = async () => {
    await until(() => held.length > 0)
    return held.shift() as { action: AmiMessage; reply: Reply }
  }
  return { onAction, held, take }
}

test("an action is answered by the response with its ActionID, and by no other", async (t) => {
  const { onAction, take } = holding("Originate")
  const { client, seen } = await startSession(t, { onAction })
  const answer = client.send({ Action: "Originate", Variable: ["a=1", "b=2"] })
  const { action, reply } = await take()
  assert.deepEqual(action.headers.slice(2), [
    ["Variable", "a=1"],
    ["Variable", "b=2"],
  ])
  reply.send({ Response: "Success", ActionID: "of somebody else" })
  reply.respond("Error", { Message: "Permission denied" })
  assert.equal(header(await answer, "Message"), "Permission denied")
  assert.deepEqual(
    seen.messages.map(({ headers }) => headers[1]?.[1]),
    ["of somebody else"],
  )
})

test("actions go out one at a time", async (t) => {
  const { onAction, take, held } = holding("A", "B")
  const { pbx, client } = await startSession(t, { onAction })
  const both = Promise.all([client.send({ Action: "A" }), client.send({ Action: "B" })])
  const first = await take()
  assert.equal(held.length, 0)
  assert.equal(nameOf(pbx.actions.at(-1) as AmiMessage), "A")
  first.reply.respond("Success")
  ;(await take()).reply.respond("Success")
  assert.equal((await both).length, 2)
})

test("what AMI cannot carry is refused before it is sent, and the session goes on", async (t) => {
  const { client } = await startSession(t)
  const bad = [
    { Action: "X", Detail: "a\r\nAction: Logoff" },
    { Action: "X", Detail: "a\nb" },
    { Action: "X\r\n", Detail: "a" },
    { Action: "X", "Detail: ": "a" },
    { Action: "X", Detail: "x".repeat(1_024) },
    { Action: "X", Detail: ["é".repeat(400), "é".repeat(400)] },
  ]
  for (const action of bad) await assert.rejects(client.send(action), { code: "action_invalid" })
  assert.equal(header(await client.send({ Action: "Ping" }), "Ping"), "Pong")
})

test("an action has one ActionID, of this client's making", async (t) => {
  const { onAction, take } = holding("Originate")
  const { client } = await startSession(t, { onAction })
  const answer = client.send({ Action: "Originate", ActionID: "mine", actionid: "own", Exten: "1" })
  const { action, reply } = await take()
  assert.deepEqual(
    action.headers.map(([name]) => name),
    ["Action", "ActionID", "Exten"],
  )
  assert.ok(!["mine", "own"].includes(idOf(action)))
  reply.respond("Success")
  await answer
})

test("an action may have as many bytes as a PBX reads in one piece, and says which line is too long", () => {
  const frame = Buffer.byteLength(writeAction({ Action: "X", Detail: "" }, "1"))
  const detail = "é".repeat((1_024 - frame) / 2) + (frame % 2 === 1 ? "x" : "")
  assert.equal(Buffer.byteLength(writeAction({ Action: "X", Detail: detail }, "1")), 1_024)
  const says = (message: RegExp) => ({ code: "action_invalid", message })
  assert.throws(
    () => writeAction({ Action: "X", Detail: `${detail}x` }, "1"),
    says(/^the action "X" is longer than 1024 bytes$/),
  )
  assert.throws(
    () => writeAction({ Action: "X", Detail: "é".repeat(600) }, "1"),
    says(/^the action "X" has a line of over 1024 bytes: Detail$/),
  )
  assert.throws(
    () => writeAction({ Action: "X", " ": "a" }, "1"),
    says(/header name that AMI does not allow/),
  )
  assert.throws(() => writeAction({ Action: "X", A: "\r" }, "1"), says(/has a line break in A$/))
})

test("before there is a session an action is refused with the reason", async (t) => {
  const { client } = await startBoth(t, { onSocket() {} })
  await assert.rejects(client.send({ Action: "Ping" }), {
    code: "lost",
    message: "no session is open yet",
  })
  const refused = await startBoth(t, { secret: "another" })
  await until(() => refused.client.state.name === "refused")
  await assert.rejects(refused.client.list({ Action: "OutPlanShow" }), {
    code: "credentials_refused",
    message: /Authentication failed/,
  })
})

test("what was asked of a session that ends is rejected with the reason", async (t) => {
  const { onAction, take } = holding("A")
  const { client } = await startSession(t, { onAction })
  const first = assert.rejects(client.send({ Action: "A" }), { code: "lost" })
  const second = assert.rejects(client.list({ Action: "B" }), { code: "lost" })
  const { reply } = await take()
  reply.socket.destroy()
  await Promise.all([first, second])
  await assert.rejects(client.send({ Action: "Ping" }), { code: "lost" })
})

test("a list is its rows up to its end; live events between them are handed over, rows are not", async (t) => {
  const { onAction, take } = holding("OutPlanShow")
  const { client, seen } = await startSession(t, { onAction })
  const list = client.list({ Action: "OutPlanShow" })
  const { action, reply } = await take()
  const ActionID = idOf(action)
  reply.respond("Success", { EventList: "start", Message: "Plan List will follow" })
  reply.send({ Event: "OutPlanEntry", ActionID, Uuid: "1" })
  reply.send({ Event: "OutPlanUpdate", Privilege: "message,all", Uuid: "1" })
  reply.send({
    Event: "UserEvent",
    Privilege: "user,all",
    UserEvent: "X",
    ActionID,
    EventList: "x",
  })
  reply.send({ Event: "OutPlanEntry", ActionID, Uuid: "2" })
  reply.send({ Event: "OutPlanListComplete", ActionID, EventList: "Complete", ListItems: "2" })
  const result = await list
  assert.ok(result.ok)
  assert.deepEqual(
    result.rows.map((row) => header(row, "Uuid")),
    ["1", "2"],
  )
  assert.equal(header(result.complete, "ListItems"), "2")
  assert.deepEqual(
    seen.messages.map(({ name }) => name),
    ["OutPlanUpdate", "UserEvent"],
  )
})

test("a list that sends no response, or ends under another name, is read all the same", async (t) => {
  const { onAction, take } = holding("OutDialingShow", "OutDlListShow")
  const { client } = await startSession(t, { onAction })
  for (const [name, end] of [
    ["OutDialingShow", { Event: "OutDialingListComplete", EventList: "Complete" }],
    ["OutDlListShow", { Event: "OutDlListComplete" }],
  ] as const) {
    const list = client.list({ Action: name, Uuid: "1" })
    const { action, reply } = await take()
    reply.send({ Event: "OutEntry", ActionID: idOf(action), Uuid: "1" })
    reply.send({ ...end, ActionID: idOf(action) })
    const result = await list
    assert.ok(result.ok && result.rows.length === 1)
  }
})

test("a list that is refused says so", async (t) => {
  const { client } = await startSession(t)
  const result = await client.list({ Action: "OutPlanShow" })
  assert.ok(!result.ok)
  assert.equal(header(result.response, "Message"), "Permission denied")
})

test("a long list is waited for, without pings, as long as its rows come", async (t) => {
  const { onAction, take } = holding("OutPlanShow")
  const { pbx, client, clock } = await startSession(t, { onAction })
  const list = client.list({ Action: "OutPlanShow" })
  const { action, reply } = await take()
  for (let row = 0; row < 5; row++) {
    clock.advance(20_000)
    reply.send({ Event: "OutPlanEntry", ActionID: idOf(action), Uuid: String(row) })
    await until(() => client.state.lastReadAt === clock.now())
  }
  reply.send({ Event: "OutPlanListComplete", ActionID: idOf(action), EventList: "Complete" })
  const result = await list
  assert.ok(result.ok && result.rows.length === 5)
  assert.ok(!pbx.actions.some((each) => nameOf(each) === "Ping"))
})

test("a list that hangs is given up, its late rows are no events, and a living session goes on", async (t) => {
  const { onAction, take } = holding("OutDialingShow")
  const { pbx, client, clock, seen } = await startSession(t, { onAction })
  const refused = assert.rejects(client.list({ Action: "OutDialingShow" }), { code: "silent" })
  const { action, reply } = await take()
  clock.advance(25_000)
  await refused
  reply.send({ Event: "OutDialingEntry", ActionID: idOf(action), Uuid: "1" })
  clock.advance(5_000)
  await until(() => pbx.actions.some((each) => nameOf(each) === "Ping"))
  await until(() => client.state.lastReadAt === clock.now())
  assert.ok(isConnected(client))
  assert.deepEqual(seen.messages, [])
})

test("an answer that stands behind a backlog of events is waited for", async (t) => {
  const { onAction, take } = holding("Ping")
  const { client, clock, seen } = await startSession(t, { onAction })
  clock.advance(5_000)
  const { reply } = await take()
  const events = `Event: OutPlanCreate\r\nDetail: ${"x".repeat(1_000)}\r\n\r\n\r\n`.repeat(300)
  reply.socket.write(events)
  await until(() => seen.messages.length === 300)
  clock.advance(10_000)
  assert.ok(isConnected(client))
  reply.respond("Success", { Ping: "Pong" })
  await until(() => client.state.lastReadAt === clock.now())
  assert.ok(isConnected(client))
})
