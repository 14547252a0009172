import { setImmediate } from "node:timers/promises"
import * as v from "valibot"
import * as Endpoint from "@ringback/store/endpoint"
import * as Event from "@ringback/store/event"
import { deliveriesOfEvent } from "@ringback/store/delivery-list"
import { listEvents } from "@ringback/store/event-list"
import { wants } from "@ringback/webhooks/subscription"
import { replay } from "../dispatch/redeliver.ts"
import { webhookOf } from "../dispatch/stored-event-body.ts"
import { cursorsFor } from "./cursor.ts"
import type { Deps } from "./deps.ts"
import { DeliveryAnswer, deliveryIdSchema, eventIdSchema, showDelivery } from "./delivery-schema.ts"
import { notFound, ProblemError } from "./problem.ts"
import { getExisting } from "./revision.ts"
import { route } from "./route.ts"
import { assertSendable } from "./sendable.ts"
import { id, MAX_LIMIT, pageOf, paging, pagingOf, reference } from "./schemas.ts"
import { formatMillis, parseNanos, Time, TimeInput } from "./time.ts"

const entries = {
  type: v.pipe(v.string(), v.examples(["campaign.updated"])),
  timestamp: v.pipe(Time, v.description("When it happened")),
  version: v.pipe(
    v.string(),
    v.description(
      "Of two events with the same uuid, the one with the greater version, compared as text, is newer",
    ),
  ),
  observedAt: v.pipe(Time, v.description("When the collector read the event")),
  id: eventIdSchema,
  tenant: id("ten"),
  source: v.nullable(id("src")),
  synthetic: v.exactOptional(v.literal(true)),
  truncated: v.exactOptional(v.literal(true)),
  test: v.exactOptional(v.literal(true)),
  erased: v.exactOptional(
    v.pipe(
      v.literal(true),
      v.description("The event was about a person or call that was erased: `data` is empty"),
    ),
  ),
  data: v.record(v.string(), v.unknown()),
  createdAt: v.pipe(Time, v.description("When Ringback received the event")),
}

export const EventAnswer = v.pipe(
  v.object(entries),
  v.description("The webhook's body, and when the event was received"),
)

export const EventWithDeliveries = v.object({
  ...entries,
  headers: v.pipe(
    v.array(v.tuple([v.string(), v.string()])),
    v.description("The AMI headers as the collector read them. Operational events have none"),
  ),
  deliveries: v.pipe(v.array(DeliveryAnswer), v.description("Newest first")),
  nextCursor: v.exactOptional(
    v.pipe(v.string(), v.description("There are more deliveries: continue with this as `cursor`")),
  ),
})

type Shown = v.InferOutput<typeof EventAnswer>

const show = (tenant: string, event: Event.StoredEvent): Shown => ({
  ...webhookOf(tenant, event),
  ...(event.erased && { erased: true }),
  createdAt: formatMillis(event.claimedAt),
})

async function read({ table }: Deps, tenant: string, eventId: string) {
  const event = await Event.get(table, tenant, eventId, { consistent: true })
  if (!event) throw notFound("event")
  return event
}

// A Lambda response can have up to 6 MB.
const MAX_PAGE_LENGTH = 4 * 1024 * 1024

// A large event takes milliseconds, in which other requests would wait.
const UNBROKEN_LENGTH = 256 * 1024

/** The events that fit in a response, at least one. */
async function fit(tenant: string, page: { items: Event.StoredEvent[]; next: string | undefined }) {
  const data: Shown[] = []
  let length = 0
  let brokenAt = 0
  for (const [index, event] of page.items.entries()) {
    const shown = show(tenant, event)
    length += JSON.stringify(shown).length
    if (length - brokenAt > UNBROKEN_LENGTH) {
      brokenAt = length
      await setImmediate()
    }
    const previous = page.items[index - 1]
    if (length > MAX_PAGE_LENGTH && previous) return { data, next: previous.sk }
    data.push(shown)
  }
  return { data, next: page.next }
}

const tag = "Events"
const MAX_TYPES = 10

export const eventRoutes = [
  route({
    method: "get",
    path: "/v1/tenants/{tenantId}/events",
    access: "tenant",
    operationId: "listEvents",
    tag,
    summary: "The event log",
    query: {
      ...paging,
      type: v.exactOptional(
        v.pipe(
          v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(100))),
          v.maxLength(MAX_TYPES),
          v.description("Can be repeated: events of any of these types"),
        ),
      ),
      source: v.exactOptional(id("src")),
      uuid: v.exactOptional(
        v.pipe(
          v.string(),
          v.minLength(1),
          v.maxLength(200),
          v.description("The Uuid of the campaign, dialing, ... that the event is about"),
        ),
      ),
      after: v.exactOptional(v.pipe(TimeInput, v.description("timestamp after this time"))),
      before: v.exactOptional(v.pipe(TimeInput, v.description("timestamp before this time"))),
    },
    answers: { 200: { description: "Events", schema: pageOf(EventAnswer) } },
    async handle({ deps: { table }, tenant, query }) {
      const { limit, cursor, source, uuid } = query
      const types = [...new Set(query.type)].toSorted()
      const after = query.after === undefined ? undefined : parseNanos(query.after)!
      const before = query.before === undefined ? undefined : parseNanos(query.before)!
      const times = [after, before].map((time) => time?.toString())
      const key = ["events", tenant.id, { types, source, uuid }, ...times]
      const cursors = cursorsFor(table.sealer, key)
      const start = cursors.read(cursor)
      if (after !== undefined && before !== undefined && after >= before) {
        return { status: 200, body: { data: [], nextCursor: null } }
      }
      const search = { types, source, uuid, after, before, limit, cursor: start }
      const { data, next } = await fit(tenant.id, await listEvents(table, tenant.id, search))
      return { status: 200, body: { data, nextCursor: cursors.write(next) } }
    },
  }),
  route({
    method: "get",
    path: "/v1/tenants/{tenantId}/events/{eventId}",
    access: "tenant",
    operationId: "getEvent",
    tag,
    summary: "Read an event, its headers and its deliveries",
    description: "Many deliveries are split into pages: continue with `cursor`.",
    query: pagingOf(MAX_LIMIT),
    answers: { 200: { description: "The event", schema: EventWithDeliveries } },
    async handle({ deps, tenant, params: { eventId }, query: { limit, cursor } }) {
      const cursors = cursorsFor(deps.table.sealer, ["event", tenant.id, eventId])
      const start = cursors.read(cursor)
      const event = await read(deps, tenant.id, eventId)
      const endpoints = await Endpoint.list(deps.table, tenant.id)
      const about = { id: eventId, receivedAt: event.receivedAt }
      const ids = endpoints.map((endpoint) => endpoint.id)
      const { items, next } = await deliveriesOfEvent(deps.table, tenant.id, about, ids, {
        limit,
        cursor: start,
      })
      const body = {
        ...show(tenant.id, event),
        headers: Event.headersOf(event),
        deliveries: items.map(showDelivery),
        ...(next !== undefined && { nextCursor: cursors.write(next) }),
      }
      return { status: 200, body }
    },
  }),
  route({
    method: "post",
    path: "/v1/tenants/{tenantId}/events/{eventId}/replay",
    access: "tenant",
    operationId: "replayEvent",
    tag,
    summary: "Send an event again",
    description:
      "Sends it to the given endpoint, or to every enabled endpoint that currently subscribes to it. The webhook-id stays the same. Each endpoint gets a new delivery.",
    body: v.strictObject({ endpointId: v.exactOptional(reference("ep")) }),
    answers: {
      202: {
        description: "The new deliveries",
        schema: v.object({
          count: v.pipe(v.number(), v.integer()),
          deliveryIds: v.array(deliveryIdSchema),
        }),
      },
    },
    problems: ["conflict.state"],
    async handle({ deps, tenant, params: { eventId }, body: { endpointId }, read: inPlace }) {
      const event = await read(deps, tenant.id, eventId)
      assertSendable(event)
      const endpointIds =
        endpointId === undefined
          ? await wantedBy(deps, tenant.id, event)
          : [await enabled(deps, tenant.id, endpointId)]
      // Each writes twice for each endpoint.
      const deliveryIds = await inPlace(() => replay(deps, tenant.id, event, endpointIds))
      return { status: 202, body: { count: deliveryIds.length, deliveryIds } }
    },
  }),
]

async function wantedBy({ table }: Deps, tenant: string, event: Event.StoredEvent) {
  const webhook = webhookOf(tenant, event)
  const candidate = { type: event.type, source: event.source, webhook }
  return (await Endpoint.list(table, tenant))
    .filter((endpoint) => !endpoint.disabled && endpoint.id !== event.except)
    .filter((endpoint) => wants(endpoint, candidate))
    .map((endpoint) => endpoint.id)
}

async function enabled({ table }: Deps, tenant: string, endpointId: string) {
  const endpoint = await getExisting("endpoint", () =>
    Endpoint.get(table, tenant, endpointId, { consistent: true }),
  )
  if (!endpoint.disabled) return endpoint.id
  throw new ProblemError("conflict.state", "The endpoint is disabled: enable it first.")
}
