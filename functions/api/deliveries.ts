import * as v from "valibot"
import * as Delivery from "@ringback/store/delivery"
import { listDeliveries } from "@ringback/store/delivery-list"
import * as Event from "@ringback/store/event"
import * as Endpoint from "@ringback/store/endpoint"
import { parseDeliveryId } from "@ringback/store/item-keys"
import { retryNow } from "../dispatch/redeliver.ts"
import { cursorsFor } from "./cursor.ts"
import type { Deps } from "./deps.ts"
import {
  DeliveryAnswer,
  DeliveryWithAttempts,
  showDelivery,
  showWithAttempts,
} from "./delivery-schema.ts"
import { notFound, ProblemError } from "./problem.ts"
import { route } from "./route.ts"
import { assertSendable } from "./sendable.ts"
import { id, pageOf, paging, toPage } from "./schemas.ts"
import { parseMillis, parseMillisUp, TimeInput } from "./time.ts"

const NO_PAGE = { items: [], next: undefined }

async function read({ table }: Deps, tenant: string, deliveryId: string) {
  const delivery = await Delivery.get(table, tenant, parseDeliveryId(deliveryId)!, {
    consistent: true,
  })
  if (!delivery) throw notFound("delivery")
  return delivery
}

const tag = "Deliveries"

export const deliveryRoutes = [
  route({
    method: "get",
    path: "/v1/tenants/{tenantId}/deliveries",
    access: "tenant",
    operationId: "listDeliveries",
    tag,
    summary: "The delivery log",
    query: {
      ...paging,
      endpointId: v.exactOptional(id("ep")),
      status: v.exactOptional(
        v.pipe(
          v.array(v.picklist(Delivery.DELIVERY_STATUSES)),
          v.maxLength(Delivery.DELIVERY_STATUSES.length),
          v.description("Can be repeated: deliveries with any of these statuses"),
        ),
      ),
      eventType: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(100))),
      after: v.exactOptional(v.pipe(TimeInput, v.description("Created after this time"))),
      before: v.exactOptional(v.pipe(TimeInput, v.description("Created before this time"))),
    },
    answers: { 200: { description: "Deliveries", schema: pageOf(DeliveryAnswer) } },
    async handle({ deps: { table }, tenant, query }) {
      const { limit, cursor, ...filters } = query
      const statuses = [...new Set(filters.status)].toSorted()
      const { endpointId, eventType } = filters
      const after = filters.after === undefined ? undefined : parseMillis(filters.after)
      const before = filters.before === undefined ? undefined : parseMillisUp(filters.before)
      const cursors = cursorsFor(table.sealer, [
        "deliveries",
        tenant.id,
        { endpointId, eventType, statuses, after, before },
      ])
      const start = cursors.read(cursor)
      const isEmpty = after !== undefined && before !== undefined && after >= before
      const search = { endpointId, eventType, statuses, after, before, limit, cursor: start }
      const page = isEmpty ? NO_PAGE : await listDeliveries(table, tenant.id, search)
      return { status: 200, body: toPage(page, cursors, showDelivery) }
    },
  }),
  route({
    method: "get",
    path: "/v1/tenants/{tenantId}/deliveries/{deliveryId}",
    access: "tenant",
    operationId: "getDelivery",
    tag,
    summary: "Read a delivery and its attempts",
    answers: { 200: { description: "The delivery", schema: DeliveryWithAttempts } },
    async handle({ deps, caller, tenant, params }) {
      return {
        status: 200,
        body: showWithAttempts(await read(deps, tenant.id, params.deliveryId), caller),
      }
    },
  }),
  route({
    method: "post",
    path: "/v1/tenants/{tenantId}/deliveries/{deliveryId}/retry",
    access: "tenant",
    operationId: "retryDelivery",
    tag,
    summary: "Attempt a delivery now",
    description:
      "The retry schedule continues after this attempt. If the schedule had ended, it starts again. A delivery that succeeded can be sent again too.",
    body: v.strictObject({}),
    answers: { 202: { description: "The delivery is due now", schema: DeliveryAnswer } },
    problems: ["conflict.state", "conflict.changed"],
    async handle({ deps, tenant, params: { deliveryId } }) {
      const delivery = await read(deps, tenant.id, deliveryId)
      const { endpointId } = delivery
      const endpoint = await Endpoint.get(deps.table, tenant.id, endpointId, { consistent: true })
      if (!endpoint) {
        throw new ProblemError("conflict.state", "Its endpoint was deleted.")
      }
      if (endpoint.disabled) {
        throw new ProblemError("conflict.state", "Its endpoint is disabled: enable it first.")
      }
      if (delivery.status === "discarded") {
        throw new ProblemError("conflict.state", `It was discarded: ${delivery.reason ?? ""}`)
      }
      const event = await Event.get(deps.table, tenant.id, delivery.eventId, { consistent: true })
      if (!event) throw new ProblemError("conflict.state", "Its event has expired.")
      assertSendable(event)
      if (!(await retryNow(deps, delivery))) {
        throw new ProblemError("conflict.changed", "It is being attempted right now.")
      }
      return { status: 202, body: showDelivery(await read(deps, tenant.id, deliveryId)) }
    },
  }),
]
