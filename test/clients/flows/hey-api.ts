import assert from "node:assert"
import * as api from "./ringback"
import { createClient } from "./ringback/client"

const baseUrl = process.env["RINGBACK_URL"]!
const clientOf = (key: string) => createClient({ baseUrl, auth: key, throwOnError: true })

async function main() {
  const operator = { client: clientOf(process.env["RINGBACK_OPERATOR_KEY"]!) }
  const throwOnError = true as const
  const body = { name: "Acme Collections" }
  const { data: tenant } = await api.createTenant({ ...operator, throwOnError, body })
  const path = { tenantId: tenant.id }
  const { data: endpoint } = await api.createEndpoint({
    ...operator,
    throwOnError,
    path,
    body: {
      url: process.env["RECEIVER_URL"]!,
      eventTypes: ["dialing.*"],
      filter: { "data.resDial": [4, "4", null] },
      description: null,
    },
  })
  const made = await api.createKey({ ...operator, throwOnError, path, body: { name: "crm" } })

  const own = { client: clientOf(made.data.key), throwOnError }
  const { data: source } = await api.createSource({ ...own, path, body: { name: "pbx-1" } })
  const { data: page } = await api.listEndpoints({ ...own, path })
  assert.equal(page.data[0]!.id, endpoint.id)
  assert.equal(page.nextCursor, null)
  const { data: started } = await api.testSource({
    ...own,
    path: { ...path, sourceId: source.id },
    body: { eventType: "dialing.updated" },
  })
  let found: api.Delivery | undefined
  for (let tries = 0; !found && tries < 300; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    const query = { status: ["delivered" as const], limit: 10 }
    found = (await api.listDeliveries({ ...own, path, query })).data.data[0]
  }
  assert.ok(found && found.eventId === started.eventId)
  const { data: delivery } = await api.getDelivery({
    ...own,
    path: { ...path, deliveryId: found.id },
  })
  assert.equal(delivery.attempts[0]!.statusCode, 204)
  const { data: event } = await api.getEvent({
    ...own,
    path: { ...path, eventId: started.eventId },
  })
  assert.equal(event.deliveries.length, 1)
  const { data: type } = await api.getEventType({ ...own, path: { type: "dialing.updated" } })
  const webhook = type.example as api.Webhook
  assert.ok(webhook.type === "dialing.updated" && webhook.data.resDialName === "answered")

  const at = { ...own, path: { ...path, endpointId: endpoint.id } }
  const changes: api.EndpointChanges = { disabled: true, description: "calls" }
  const { data: changed } = await api.updateEndpoint({ ...at, body: changes })
  assert.equal(changed.disabledReason, "manual")
  const { error } = await api.getTenant({
    client: operator.client,
    throwOnError: false,
    path: { tenantId: "ten_00000000000000000000000000" },
  })
  assert.equal(error?.code, "not_found")
  const { response } = await api.deleteEndpoint(at)
  assert.equal(response?.status, 204)
}

void main()
