import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import { AmiClient, type AmiClientOptions } from "@ringback/ami/client"
import { header, type AmiMessage } from "@ringback/ami/message"
import type { DroppedMessage } from "@ringback/ami/parser"
import type { AmiState } from "@ringback/ami/state"
import { BANNER, startPbx, type PbxOptions } from "./pbx.ts"
import { ManualClock, until } from "./time.ts"

type Seen = { messages: AmiMessage[]; states: AmiState[]; dropped: DroppedMessage[] }

async function startBoth(
  t: TestContext,
  pbxOptions: PbxOptions = {},
  own: Partial<AmiClientOptions> = {},
) {
  const pbx = await startPbx(pbxOptions)
  t.after(() => pbx.stop())
  return { pbx, ...startClient(t, pbx.port, own) }
}

function startClient(t: TestContext, port: number, own: Partial<AmiClientOptions> = {}) {
  const seen: Seen = { messages: [], states: [], dropped: [] }
  const clock = new ManualClock()
  const client = new AmiClient({
    host: "127.0.0.1",
    port,
    username: "collector",
    secret: "secret",
    clock,
    onMessage: (message) => seen.messages.push(message),
    onState: (state) => seen.states.push(state),
    onDropped: (dropped) => seen.dropped.push(dropped),
    ...own,
  })
  t.after(() => client.close())
  return { client, clock, seen }
}

const isConnected = (client: AmiClient) => client.state.name === "connected"

test("logs in by MD5 challenge without showing the secret", async (t) => {
  const { pbx, client } = await startBoth(t)
  await until(() => isConnected(client))
  const names = pbx.actions.map((action) => header(action, "Action"))
  assert.deepEqual(names, ["Challenge", "Login"])
  assert.ok(pbx.actions.every((action) => header(action, "Secret") === undefined))
  assert.equal(client.state.banner, BANNER.trimEnd())
})

test("logs in in plain words where asked to", async (t) => {
  const { pbx, client } = await startBoth(t, {}, { auth: "plain" })
  await until(() => isConnected(client))
  assert.deepEqual(
    pbx.actions.map((action) => header(action, "Secret")),
    ["secret"],
  )
})

test("hands over what comes in one piece with the login's answer, after saying connected", async (t) => {
  const order: string[] = []
  const afterLogin =
    "Event: FullyBooted\r\nPrivilege: system,all\r\n\r\nEvent: OutPlanCreate\r\nUuid: 1\r\n\r\n\r\n"
  const { client } = await startBoth(
    t,
    { afterLogin },
    {
      onState: (state) => order.push(state.name),
      onMessage: (message) => order.push(message.name),
    },
  )
  await until(() => order.length === 3)
  assert.deepEqual(order, ["connected", "FullyBooted", "OutPlanCreate"])
  assert.ok(isConnected(client))
})
