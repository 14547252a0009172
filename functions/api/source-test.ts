import { randomBytes, randomUUID } from "node:crypto"
import * as v from "valibot"
import { exampleHeaders } from "@ringback/events/catalog"
import { identify } from "@ringback/events/identity"
import { makeEventId } from "@ringback/events/ids"
import { sealMessage, type EventMessage } from "@ringback/events/message"
import * as Source from "@ringback/store/source"
import { sendOne } from "../messages/send.ts"
import { eventIdSchema } from "./delivery-schema.ts"
import { invalid } from "./problem.ts"
import { living } from "./revision.ts"
import { route } from "./route.ts"

const DEFAULT_TYPE = "campaign.updated"

// Where the collector's own id stands: these events come from no spool.
const COLLECTOR = "ringback-admin-api-000"

export const sourceTestRoutes = [
  route({
    method: "post",
    path: "/v1/tenants/{tenantId}/sources/{sourceId}/test",
    access: "tenant",
    operationId: "testSource",
    tag: "Sources",
    summary: "Send an example event through the whole pipeline",
    description:
      "It goes into the ingest queue as if a collector had read it, with new Uuids and times, and is delivered to whoever wants it.",
    body: v.strictObject({
      eventType: v.pipe(
        v.optional(v.pipe(v.string(), v.maxLength(100)), DEFAULT_TYPE),
        v.description("One that a PBX says"),
        v.examples(["dialing.updated"]),
      ),
    }),
    answers: {
      202: { description: "It is under way", schema: v.object({ eventId: eventIdSchema }) },
    },
    async handle({ deps, tenant, params: { sourceId }, body: { eventType } }) {
      const source = await living("source", () =>
        Source.get(deps.table, tenant.id, sourceId, { consistent: true }),
      )
      const receivedAt = deps.table.now()
      const headers = exampleHeaders(eventType, { now: receivedAt, makeUuid: randomUUID })
      if (!headers) throw invalid("/eventType", "There is no such event type that a PBX says")
      const message: EventMessage = {
        v: 1,
        kind: "event",
        id: randomBytes(16).toString("base64url"),
        tenant: tenant.id,
        source: sourceId,
        collector: COLLECTOR,
        receivedAt,
        headers,
      }
      const [key] = Source.keysOf(deps.table, source)
      const body = sealMessage(message, key!)
      await sendOne(deps.sqs, deps.queues.ingestUrl, { body, groupId: sourceId })
      const { timeNanos, hash } = identify(message)
      // What has no time of its own is listed by its receipt.
      const nanos = timeNanos > 0n ? timeNanos : BigInt(receivedAt) * 1_000_000n
      return { status: 202, body: { eventId: makeEventId(nanos, hash) } }
    },
  }),
]
