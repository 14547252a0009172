import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { after, before, test } from "node:test"
import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { kinds } from "@ringback/connectors/kinds"
import { makeOutbound } from "@ringback/functions/endpoint-kinds/send-by-kind"
import * as Endpoint from "@ringback/store/endpoint"
import * as Health from "@ringback/store/health"
import { updateItem } from "@ringback/store/item"
import { endpointKey, loggedCallKey } from "@ringback/store/item-keys"
import { startStack, type Stack } from "../harness/stack.ts"
import { deliverOn, startCrm, tell } from "./crm.ts"

// Deliveries for which no request can be made: each ends or is retried by its schedule, never at once.

let stack: Stack
before(async () => void (stack = await startStack()))
after(() => stack.close())

const ADA = { id: "101", phone: "+4520123456" }
const version = (second: number) => `2026-11-28T08:00:0${second}.000000000Z/0`

test("an event that is no call is skipped, whatever it has", async (t) => {
  const world = await startCrm(t, stack, "hubspot", [])
  const told = tell(world)
  for (const data of [{}, { uuid: 7 }, { uuid: "p", name: "a plan" }]) {
    const body = JSON.stringify({ type: "ami.Hangup", version: "1", timestamp: "x", data })
    const { ref, eventId } = tell(world)
    const delivery = await deliverOn(world, { ...told, ref, eventId, body })
    assert.equal(delivery?.status, "delivered", JSON.stringify(data))
    assert.match(delivery.attempts[0]?.error ?? "", /^skipped: only answered and completed calls/)
  }
  assert.equal(world.server.asked.length, 0)
})

test("what cannot be prepared fails by the schedule of retries, and is no fault of the CRM", async (t) => {
  const world = await startCrm(t, stack, "hubspot", [])
  const { deps, customer, endpointId } = world
  const place = `${customer.tenant}#${endpointId}`
  await updateItem(deps.table, endpointKey(customer.tenant, endpointId), {
    update: "SET #auth = :auth",
    names: { "#auth": "auth" },
    values: { ":auth": deps.table.sealer.seal("secret words", place) },
  })
  const delivery = await deliverOn(world, tell(world))
  assert.equal(delivery?.status, "pending")
  assert.equal(delivery.turn, 1)
  assert.ok(delivery.nextAt! - world.clock.now >= 4_000)
  const [attempt] = delivery.attempts
  assert.match(attempt?.error ?? "", /^the request could not be prepared \(SyntaxError\);/)
  assert.doesNotMatch(JSON.stringify(delivery), /secret|words/)
  const health = await Health.get(deps.table, customer.tenant, endpointId, { consistent: true })
  assert.equal(health.failures, 0)
})

test("what the table never takes, as it is too large, fails by the schedule of retries, too", async (t) => {
  const world = await startCrm(t, stack, "hubspot", [ADA])
  const { deps, customer, endpointId } = world
  const uuid = randomUUID()
  await updateItem(deps.table, loggedCallKey(customer.tenant, endpointId, uuid), {
    update: "SET filler = :filler",
    values: { ":filler": "x".repeat(400 * 1024 - 200) },
  })
  const delivery = await deliverOn(world, tell(world, { uuid }))
  assert.deepEqual([delivery?.status, delivery?.attempts.length], ["pending", 1])
  const error = delivery?.attempts[0]?.error ?? ""
  assert.match(error, /^the request could not be prepared \(ValidationException\);/)
})

for (const kind of kinds)
  test(`a call at ${kind} whose texts have half of a surrogate pair is looked for and ends`, async (t) => {
    const world = await startCrm(t, stack, kind, [], { match: "externalId:Ext_Key" })
    const contact = {
      key: "k\ud800",
      name: "n\ud800",
      email: "e\ud800@example.com",
      uuid: "r",
      detail: null,
    }
    const told = tell(world, { uuid: "u\ud800", contact, number: "+4520123456" })
    const delivery = await deliverOn(world, told)
    assert.ok(delivery && delivery.attempts.length === 1, "its attempt is on record")
    assert.doesNotMatch(delivery.attempts[0]!.error ?? "", /could not be prepared/)
    assert.ok(world.server.asked.length > 0, JSON.stringify(delivery.attempts))
  })

test("an older event is not logged after a newer one whose call was written, though its attempt failed", async (t) => {
  const world = await startCrm(t, stack, "hubspot", [ADA], { live: true })
  const uuid = randomUUID()
  world.server.faults = ({ method }) =>
    method === "PUT" ? { status: 400, body: { message: "no" } } : "none"
  const newer = await deliverOn(world, tell(world, { uuid, version: version(2) }))
  assert.deepEqual([newer?.status, newer?.attempts[0]?.statusCode], ["pending", 400])
  world.server.faults = undefined
  const asked = world.server.asked.length
  const older = await deliverOn(world, tell(world, { uuid, version: version(1) }))
  assert.equal(older?.status, "discarded")
  assert.match(older.reason ?? "", /^superseded/)
  assert.equal(world.server.asked.length, asked)
})

test("a call that the CRM refused within a batch of one was not written", async (t) => {
  const world = await startCrm(t, stack, "hubspot", [ADA], { live: true })
  const uuid = randomUUID()
  world.server.faults = ({ path }) =>
    path.includes("upsert") ? { status: 207, body: { results: [], errors: [] } } : "none"
  const newer = await deliverOn(world, tell(world, { uuid, version: version(2) }))
  assert.equal(newer?.status, "pending")
  world.server.faults = undefined
  const older = await deliverOn(world, tell(world, { uuid, version: version(1) }))
  assert.equal(older?.status, "delivered")
})

test("an answer of the table that cannot be read is no outcome: the message comes again", async (t) => {
  const world = await startCrm(t, stack, "hubspot", [])
  const { deps, customer, endpointId } = world
  const web = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/x-amz-json-1.0" }).end("<html>")
  }).listen(0, "127.0.0.1")
  await once(web, "listening")
  t.after(() => void web.close())
  const { port } = web.address() as AddressInfo
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "a", secretAccessKey: "s" },
    maxAttempts: 1,
  })
  const table = { ...deps.table, client }
  const away = makeOutbound({ ...deps.outbound.deps, table })
  const endpoint = await Endpoint.get(deps.table, customer.tenant, endpointId)
  const receiver = { ...endpoint!, url: "https://api.hubapi.com" }
  const { body, eventId } = tell(world)
  const traced = { id: eventId, body, trace: "", span: "", isKept: false }
  await assert.rejects(away.sendByKind(receiver, traced), { name: "SyntaxError" })
})

test("a table that fails is no outcome: the message comes again", async (t) => {
  const world = await startCrm(t, stack, "hubspot", [])
  const { deps, customer, endpointId } = world
  const endpoint = await Endpoint.get(deps.table, customer.tenant, endpointId)
  const receiver = { ...endpoint!, url: "https://api.hubapi.com" }
  const { body, eventId } = tell(world)
  const table = { ...deps.table, name: "there-is-no-such-table" }
  const away = makeOutbound({ ...deps.outbound.deps, table })
  const traced = { id: eventId, body, trace: "", span: "", isKept: false }
  await assert.rejects(away.sendByKind(receiver, traced), { name: "ResourceNotFoundException" })
})
