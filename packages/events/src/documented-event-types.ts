import type * as v from "valibot"
import { CallData, callEventTypes } from "./call-type.ts"
import { exampleEvent, type Fresh } from "./example.ts"
import type { HeaderPair } from "./header.ts"
import { identify } from "./identity.ts"
import { makeEventId } from "./ids.ts"
import {
  type Action,
  actions,
  describeEvent,
  type RecordKind,
  recordKinds,
} from "./ami-event-kinds.ts"
import type { EventMessage } from "./message.ts"
import { operationalTypes } from "./operational.ts"
import { dataSchema, webhookSchema } from "./schema.ts"
import { formatMillis } from "./stamp.ts"
import { translate } from "./translate.ts"
import { webhookBody } from "./webhook-body.ts"

export type EventType = {
  type: string
  /** One sentence. */
  description: string
  /** JSON Schema of the whole webhook. */
  schema: v.GenericSchema
  /** A whole webhook as parsed JSON. */
  example: Record<string, unknown>
}

// A fixed time and fixed ids for all examples, so that the served document does not change between
// starts.
const NOW = Date.parse("2026-11-22T06:27:40.281Z")
const TENANT = "ten_06fzk3vq8r2m5x0c9d7g4h1jtw"
const SOURCE = "src_06fzk3w0a4n7p2y5b8e1h3k6mq"
const COLLECTOR_DELAY_MS = 7

const pbxTypes = recordKinds.flatMap((kind) =>
  actions.map((action): EventType => {
    const type = `${kind}.${action}`
    return {
      type,
      description: describeEvent(kind, action),
      schema: webhookSchema(type, dataSchema(kind)),
      example: pbxExample(kind, action),
    }
  }),
)

const callTypes = callEventTypes.map(({ type, description, example }): EventType => {
  const said = { type, observedAt: formatMillis(NOW), ...example }
  const id = "evt_2kq9v4c8m1x7r3t5z0b6n2d8f4h9j1gc"
  const body = webhookBody({ id, tenant: TENANT, source: SOURCE }, said)
  return { type, description, schema: webhookSchema(type, CallData), example: JSON.parse(body) }
})

const ownTypes = operationalTypes.map(
  ({ type, description, data, example, isOfSource }): EventType => {
    const timestamp = formatMillis(NOW)
    const said = { type, timestamp, observedAt: timestamp, data: example }
    const id = "evt_2kq9v4c8m1x7r3t5z0b6n2d8f4h9j1ga"
    const body = webhookBody({ id, tenant: TENANT, source: isOfSource ? SOURCE : null }, said)
    return {
      type,
      description,
      schema: webhookSchema(type, data, isOfSource),
      example: JSON.parse(body),
    }
  },
)

/**
 * All event types with fixed names; `ami.` types have none. None is added here: they follow from the
 * tables in ami-event-kinds.ts, call-type.ts and operational.ts.
 */
export const eventTypes: readonly EventType[] = [...pbxTypes, ...callTypes, ...ownTypes]

const BY_TYPE = new Map(eventTypes.map((eventType) => [eventType.type, eventType]))

export const findEventType = (type: string): EventType | undefined => BY_TYPE.get(type)

/**
 * Whether an event may have that type: one of the catalog, or `ami.` and a lower-case AMI event
 * name.
 */
export const isKnownEventType = (type: string) =>
  BY_TYPE.has(type) || /^ami\.[a-z0-9_-]+$/.test(type)

/** The record kind of events of that type; undefined for types that no PBX sends. */
export function kindOfType(type: string): RecordKind | undefined {
  const kind = recordKinds.find((known) => type.startsWith(`${known}.`))
  return actions.some((known) => type === `${kind}.${known}`) ? kind : undefined
}

/**
 * The AMI headers of an example of that type, with new ids and times; undefined for types that no
 * PBX sends.
 */
export function exampleHeaders(
  type: string,
  fresh: Fresh,
  uuid: string = fresh.makeUuid(),
): HeaderPair[] | undefined {
  const kind = kindOfType(type)
  return kind && exampleEvent(kind, type.split(".")[1] as Action, fresh, { Uuid: uuid })
}

function pbxExample(kind: RecordKind, action: Action): Record<string, unknown> {
  const headers = exampleEvent(kind, action, { now: NOW, makeUuid: sameUuids(kind) })
  const message: EventMessage = {
    v: 1,
    kind: "event",
    id: "exampleexampleexample0",
    tenant: TENANT,
    source: SOURCE,
    collector: "exampleexampleexample0",
    receivedAt: NOW + COLLECTOR_DELAY_MS,
    headers,
  }
  const { timeNanos, hash } = identify(message)
  const id = makeEventId(timeNanos, hash)
  return JSON.parse(
    webhookBody({ id, tenant: TENANT, source: SOURCE }, translate(headers, message)!),
  )
}

// The three examples of a kind show the same record.
function sameUuids(kind: RecordKind): () => string {
  let count = 0
  const place = recordKinds.indexOf(kind) + 1
  return () => `7d0c4a${place}0-5b1e-4f6a-9c3d-${(++count).toString(16).padStart(12, "0")}`
}
