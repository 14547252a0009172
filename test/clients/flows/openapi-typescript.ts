import assert from "node:assert"
import createClient from "openapi-fetch"
import type { components, paths } from "./ringback"

type Webhook = components["schemas"]["DialingUpdatedWebhook"]

const baseUrl = process.env["RINGBACK_URL"]!
const clientOf = (key: string) =>
  createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${key}` } })

function good<T>({ data, error }: { data?: T; error?: unknown }): T {
  if (error !== undefined || data === undefined) throw new Error(JSON.stringify(error))
  return data
}

async function main() {
  const operator = clientOf(process.env["RINGBACK_OPERATOR_KEY"]!)
  const tenant = good(await operator.POST("/v1/tenants", { body: { name: "Acme Collections" } }))
  const path = { tenantId: tenant.id }
  const endpoint = good(
    await operator.POST("/v1/tenants/{tenantId}/endpoints", {
      params: { path },
      body: {
        url: process.env["RECEIVER_URL"]!,
        eventTypes: ["dialing.*"],
        filter: { "data.resDial": [4, "4", null] },
        description: null,
      },
    }),
  )
  const { key } = good(
    await operator.POST("/v1/tenants/{tenantId}/keys", { params: { path }, body: { name: "crm" } }),
  )

  const own = clientOf(key)
  const source = good(
    await own.POST("/v1/tenants/{tenantId}/sources", { params: { path }, body: { name: "pbx-1" } }),
  )
  const page = good(await own.GET("/v1/tenants/{tenantId}/endpoints", { params: { path } }))
  assert.equal(page.data[0]!.id, endpoint.id)
  assert.equal(page.nextCursor, null)
  const { eventId } = good(
    await own.POST("/v1/tenants/{tenantId}/sources/{sourceId}/test", {
      params: { path: { ...path, sourceId: source.id } },
      body: { eventType: "dialing.updated" },
    }),
  )
  const query = { status: ["delivered" as const], limit: 10 }
  let found: components["schemas"]["Delivery"] | undefined
  for (let tries = 0; !found && tries < 300; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    const list = await own.GET("/v1/tenants/{tenantId}/deliveries", { params: { path, query } })
    found = good(list).data[0]
  }
  assert.ok(found && found.eventId === eventId)
  const delivery = good(
    await own.GET("/v1/tenants/{tenantId}/deliveries/{deliveryId}", {
      params: { path: { ...path, deliveryId: found.id } },
    }),
  )
  assert.equal(delivery.attempts[0]!.statusCode, 204)
  const event = good(
    await own.GET("/v1/tenants/{tenantId}/events/{eventId}", {
      params: { path: { ...path, eventId } },
    }),
  )
  assert.equal(event.deliveries.length, 1)
  const type = good(
    await own.GET("/v1/event-types/{type}", { params: { path: { type: "dialing.updated" } } }),
  )
  const webhook = type.example as Webhook
  assert.equal(webhook.data.resDialName, "answered")

  const at = { params: { path: { ...path, endpointId: endpoint.id } } }
  const changed = good(
    await own.PATCH("/v1/tenants/{tenantId}/endpoints/{endpointId}", {
      ...at,
      body: { disabled: true, description: "calls" },
    }),
  )
  assert.equal(changed.disabledReason, "manual")
  const nobody = { params: { path: { tenantId: "ten_00000000000000000000000000" } } }
  const { error } = await operator.GET("/v1/tenants/{tenantId}", nobody)
  assert.equal(error?.code, "not_found")
  const { response } = await own.DELETE("/v1/tenants/{tenantId}/endpoints/{endpointId}", at)
  assert.equal(response.status, 204)
}

void main()
