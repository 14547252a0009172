import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { Webhook } from "standardwebhooks"
import { listDeliveries } from "@ringback/store/delivery-list"
import { listEvents } from "@ringback/store/event-list"
import { startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { startStack, type Stack } from "../harness/stack.ts"
import {
  eventMessage,
  makeCustomer,
  makeDeps,
  makeEndpoint,
  pumpAll,
  sendToIngest,
} from "../harness/system.ts"

let stack: Stack
let receiver: TestReceiver

before(async () => {
  stack = await startStack()
  receiver = await startReceiver()
})
after(async () => {
  await receiver.close()
  await stack.close()
})

const update: [string, string][] = [
  ["Event", "OutCampaignUpdate"],
  ["Privilege", "message,all"],
  ["Uuid", "a3e3cc0e-083e-4b9e-8120-522eb9834098"],
  ["Name", "test"],
  ["Status", "0"],
  ["TmCreate", "2026-10-23T23:59:18.883765584Z"],
  ["TmDelete", "<unknown>"],
  ["TmUpdate", "2026-10-24T00:01:29.706507679Z"],
]

test("an event goes from the ingest queue to a signed webhook, once, and is on record", async () => {
  const deps = makeDeps(stack)
  const customer = await makeCustomer(deps)
  const { secret, endpoint } = await makeEndpoint(deps, customer.tenant, receiver.url)
  await sendToIngest(stack, customer, eventMessage(customer, update))
  // The twin collector's copy: another message, the same event.
  await sendToIngest(stack, customer, eventMessage(customer, update))
  await pumpAll(stack, deps)

  assert.equal(receiver.arrived.length, 1)
  const [{ headers, body, webhook }] = receiver.arrived as [(typeof receiver.arrived)[0]]
  new Webhook(secret).verify(body, headers)
  assert.equal(webhook.type, "campaign.updated")
  assert.equal(webhook.timestamp, "2026-10-24T00:01:29.706507679Z")
  assert.equal(headers["webhook-id"], webhook.id)

  const { items } = await listDeliveries(deps.table, customer.tenant, { limit: 10 })
  assert.equal(items.length, 1)
  assert.equal(items[0]!.status, "delivered")
  assert.equal(items[0]!.endpointId, endpoint.id)
  assert.equal(items[0]!.attempts[0]!.statusCode, 204)
  const events = await listEvents(deps.table, customer.tenant, { limit: 10 })
  assert.equal(events.items.length, 1)
})
