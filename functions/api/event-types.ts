import { toJsonSchema } from "@valibot/to-json-schema"
import * as v from "valibot"
import {
  eventTypes,
  findEventType,
  kindOfType,
  type EventType,
} from "@ringback/events/documented-event-types"
import { cursorsFor } from "./cursor.ts"
import { notFound } from "./problem.ts"
import { route } from "./route.ts"
import { pageOf, paging } from "./schemas.ts"

export const EventTypeAnswer = v.object({
  type: v.pipe(v.string(), v.examples(["campaign.updated"])),
  description: v.string(),
  schema: v.pipe(
    v.record(v.string(), v.unknown()),
    v.description("JSON Schema (2020-12) of the whole webhook"),
  ),
  example: v.pipe(v.record(v.string(), v.unknown()), v.description("A whole webhook")),
  testable: v.pipe(v.boolean(), v.description("Whether a source's test can send this type")),
})

const show = ({ type, description, schema, example }: EventType) => ({
  type,
  description,
  schema: toJsonSchema(schema, { target: "draft-2020-12", typeMode: "input" }),
  example,
  testable: kindOfType(type) !== undefined,
})

const tag = "Event types"

export const eventTypeRoutes = [
  route({
    method: "get",
    path: "/v1/event-types",
    access: "key",
    operationId: "listEventTypes",
    tag,
    summary: "List event types",
    description:
      "In the catalog's order. `ami.` types, which a collector sends only if configured to, are not listed.",
    query: paging,
    answers: { 200: { description: "Event types", schema: pageOf(EventTypeAnswer) } },
    handle({ deps, query: { limit, cursor } }) {
      const cursors = cursorsFor(deps.table.sealer, ["event-types"])
      const start = Number(cursors.read(cursor) ?? 0)
      const end = start + limit
      const nextCursor = cursors.write(end < eventTypes.length ? String(end) : undefined)
      return { status: 200, body: { data: eventTypes.slice(start, end).map(show), nextCursor } }
    },
  }),
  route({
    method: "get",
    path: "/v1/event-types/{type}",
    access: "key",
    operationId: "getEventType",
    tag,
    summary: "Read an event type",
    answers: { 200: { description: "The event type", schema: EventTypeAnswer } },
    handle({ params }) {
      const eventType = findEventType(params.type)
      if (!eventType) throw notFound("event type")
      return { status: 200, body: show(eventType) }
    },
  }),
]
