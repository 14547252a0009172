import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { GetItemCommand } from "@aws-sdk/client-dynamodb"
import { claim } from "@ringback/store/event"
import { hashOf } from "@ringback/store/item-keys"
import { packHeaders } from "@ringback/store/pack"
import { makeTenant } from "../api/api.ts"
import { startPortal, type TestPortal } from "./portal.ts"

let portal: TestPortal
before(async () => void (portal = await startPortal()))
after(() => portal.close())

test("the page of a call reads few of its events at once, and shows all of them", async () => {
  const { id: tenant } = await makeTenant(portal)
  const { table } = portal.deps
  const receivedAt = Date.now()
  const headers: [string, string][] = [
    ["Event", "OutDialingUpdate"],
    ["Uuid", "u-1"],
    ["Status", "1"],
  ]
  const [type, message, content] = ["dialing.updated", "m".repeat(22), packHeaders(headers)]
  for (let count = 0; count < 20; count++) {
    const [hash, timeNanos] = [hashOf(tenant, count), BigInt(receivedAt + count) * 1_000_000n]
    const about = { tenant, timeNanos, hash, type, source: null, uuid: "u-1" }
    await claim(table, { ...about, message, receivedAt, content })
  }
  const visitor = await portal.signIn()
  const { client } = table
  const send = client.send.bind(client)
  let [reading, most] = [0, 0]
  client.send = (async (command: never) => {
    const asked: unknown = command
    const isEvent = asked instanceof GetItemCommand && /#E#/.test(asked.input.Key?.["pk"]?.S ?? "")
    if (!isEvent) return send(command)
    most = Math.max(most, ++reading)
    return (send(command) as Promise<unknown>).finally(() => reading--)
  }) as typeof client.send
  const { status, text } = await visitor.get(`/portal/${tenant}/calls/u-1`)
  client.send = send
  assert.equal(status, 200)
  assert.equal(text.split("/events/evt_").length - 1, 20)
  assert.ok(most >= 1 && most <= 3, `${most} at once`)
})
