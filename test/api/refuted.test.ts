import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import * as Gap from "@ringback/store/gap"
import { makeMessageId } from "../harness/heard.ts"
import { eventMessage, sendToIngest } from "../harness/system.ts"
import { campaignUpdate, startWorld, type World } from "../harness/world.ts"
import { startApi, type TestApi } from "./api.ts"

let world: World
let api: TestApi
before(async () => {
  world = await startWorld()
  await world.begin()
  api = await startApi({ stack: world.stack, now: () => world.now() })
})
after(() => world.close())

test("an inferred event that was refuted is neither replayed nor retried", async () => {
  const { arrived } = await world.addEndpoint()
  const gap = makeMessageId()
  await Gap.decide(world.deps.table, world.customer.tenant, gap, true, world.now())
  const synthetic = { reason: "disconnected", gap }
  const message = eventMessage(world.customer, campaignUpdate(), { synthetic })
  await sendToIngest(world.stack, world.customer, message)
  await world.pump()
  const own = `/v1/tenants/${world.customer.tenant}`
  const deliveries = await api.call(`GET ${own}/deliveries`)
  const [{ id, eventId, status }] = deliveries.body.data
  assert.equal(status, "discarded")
  for (const path of [`events/${eventId}/replay`, `deliveries/${id}/retry`]) {
    const answer = await api.call(`POST ${own}/${path}`, { body: {} })
    assert.deepEqual([answer.status, answer.body.code], [409, "conflict.state"])
    assert.match(answer.body.detail, /another collector was connected throughout the gap/)
  }
  await world.run()
  assert.deepEqual(arrived(), [])
})

test("a notice about an endpoint is not replayed to that endpoint, unless it is named", async () => {
  const gone = await world.addEndpoint({ eventTypes: ["campaign.*", "endpoint.disabled"] })
  const other = await world.addEndpoint({ eventTypes: ["endpoint.disabled"] })
  world.receiver.behave(({ webhook }, response) => {
    response.writeHead(webhook.type === "campaign.updated" ? 410 : 204).end()
  })
  await world.say()
  await world.pump()
  const [notice] = other.arrived()
  assert.equal(notice?.type, "endpoint.disabled")
  const own = `/v1/tenants/${world.customer.tenant}`
  const enabled = await api.call(`PATCH ${own}/endpoints/${gone.id}`, { body: { disabled: false } })
  assert.equal(enabled.status, 200)
  const replay = async (body: object) =>
    (await api.call(`POST ${own}/events/${notice.id}/replay`, { body })).body.count
  assert.equal(await replay({}), 1)
  assert.equal(await replay({ endpointId: gone.id }), 1)
})
