import { randomBytes, randomUUID } from "node:crypto"
import * as v from "valibot"
import { exampleHeaders } from "@ringback/events/documented-event-types"
import { exampleCall } from "@ringback/events/example-call"
import type { HeaderPair } from "@ringback/events/header"
import { identify } from "@ringback/events/identity"
import { makeEventId } from "@ringback/events/ids"
import { sealMessage, type EventMessage } from "@ringback/events/message"
import { override } from "@ringback/events/override"
import * as Source from "@ringback/store/source"
import { sendAll } from "../messages/send.ts"
import { eventIdSchema } from "./delivery-schema.ts"
import { getExisting } from "./revision.ts"
import { route } from "./route.ts"
import { SourceTestInput, wantedBy } from "./source-test-input.ts"

// Takes the place of the collector's own id, because these events come from no spool.
const COLLECTOR = "ringback-admin-api-000"

// A standard queue does not keep order, so the events are a second apart, as they are from a PBX.
const APART_SECONDS = 1

export const SourceTestAnswer = v.object({
  eventId: v.exactOptional(v.pipe(eventIdSchema, v.description("The id of a single event"))),
  uuid: v.exactOptional(
    v.pipe(v.string(), v.description("The Uuid of a call: that of its dialing")),
  ),
  eventIds: v.exactOptional(
    v.pipe(v.array(eventIdSchema), v.description("The ids of a call's events, in order")),
  ),
})

export const sourceTestRoutes = [
  route({
    method: "post",
    path: "/v1/tenants/{tenantId}/sources/{sourceId}/test",
    access: "tenant",
    operationId: "testSource",
    tag: "Sources",
    summary: "Send an example event, or a whole call, through the whole pipeline",
    description:
      "The event is sent to the ingest queue as if a collector had read it, with a new Uuid and new times, and is delivered to every endpoint that subscribes to it. A call's events are a second apart. All of them, and the call.* events derived from them, have `test: true`, and do not change what is stored about real calls.",
    body: SourceTestInput,
    answers: { 202: { description: "The events are queued", schema: SourceTestAnswer } },
    async handle({ deps, tenant, params: { sourceId }, body }) {
      const wanted = wantedBy(body)
      const source = await getExisting("source", () =>
        Source.get(deps.table, tenant.id, sourceId, { consistent: true }),
      )
      const [key] = Source.keysOf(deps.table, source)
      const now = deps.table.now()
      const fresh = { now, makeUuid: randomUUID }
      const uuid = body.uuid ?? randomUUID()
      const said =
        wanted.outcome === undefined
          ? [exampleHeaders(wanted.eventType, fresh, uuid)!]
          : exampleCall({ uuid, outcome: wanted.outcome, fresh })
      const messages = said.map((headers, index) => {
        const receivedAt = now + index * APART_SECONDS * 1000
        const from = { tenant: tenant.id, source: sourceId, receivedAt }
        return messageOf(from, override(headers, body.fields ?? {}))
      })
      const outgoing = messages.map((message, index) => ({
        body: sealMessage(message, key!),
        groupId: sourceId,
        delaySeconds: index * APART_SECONDS,
      }))
      const failed = await sendAll(deps.sqs, deps.queues.ingestUrl, outgoing)
      if (failed.size > 0) throw new Error("SQS did not accept the example")
      const eventIds = messages.map(idOf)
      const answer = wanted.outcome === undefined ? { eventId: eventIds[0]! } : { uuid, eventIds }
      return { status: 202, body: answer }
    },
  }),
]

const messageOf = (
  from: Pick<EventMessage, "tenant" | "source" | "receivedAt">,
  headers: HeaderPair[],
): EventMessage => ({
  v: 1,
  kind: "event",
  id: randomBytes(16).toString("base64url"),
  collector: COLLECTOR,
  ...from,
  headers,
  test: true,
})

function idOf(message: EventMessage): string {
  const { timeNanos, hash } = identify(message)
  // Events without a time of their own are listed by the time they were received.
  const nanos = timeNanos > 0n ? timeNanos : BigInt(message.receivedAt) * 1_000_000n
  return makeEventId(nanos, hash)
}
