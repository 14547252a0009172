import * as v from "valibot"
import { eventTypes, kindOfType } from "@ringback/events/documented-event-types"
import type { RecordKind } from "@ringback/events/ami-event-kinds"
import { outcomes } from "@ringback/events/call-outcome"
import { fieldNamesOf, isFieldOf } from "@ringback/events/override"
import { nearestTo } from "./nearest.ts"
import { pointer, ProblemError, type FieldError } from "./problem.ts"
import { text } from "./schemas.ts"

const MAX_FIELDS = 50

export const SourceTestInput = v.strictObject({
  eventType: v.exactOptional(
    v.pipe(
      v.string(),
      v.maxLength(100),
      v.description("An event type that a PBX sends. Default: campaign.updated"),
      v.examples(["dialing.updated"]),
    ),
  ),
  call: v.exactOptional(
    v.pipe(
      v.strictObject({
        outcome: v.pipe(
          v.optional(v.picklist(outcomes), "answered"),
          v.description("How the call ends"),
        ),
      }),
      v.description("Instead of eventType: all events of a call"),
    ),
  ),
  uuid: v.exactOptional(
    v.pipe(
      text(200),
      v.minLength(1),
      v.description(
        "The Uuid of the record that the event is about, or of the call. Default: a new one",
      ),
    ),
  ),
  fields: v.exactOptional(
    v.pipe(
      v.record(v.pipe(v.string(), v.maxLength(200)), text(1000)),
      v.maxEntries(MAX_FIELDS),
      v.description(
        "Values for the event, by their names in a webhook's `data`; `variables.x` sets the variable x",
      ),
    ),
  ),
})
export type SourceTestInput = v.InferOutput<typeof SourceTestInput>

const DEFAULT_TYPE = "campaign.updated"

/** The events to send. */
export type Wanted =
  | { eventType: string; outcome?: undefined }
  | { eventType?: undefined; outcome: NonNullable<SourceTestInput["call"]>["outcome"] }

// These fields describe how and when a call ends. The outcome determines them.
const DECIDED = /^(status|resDial|resHangup|resHangupDetail|tmCreate|tmUpdate|tmDelete)$/
const CALL_KINDS: RecordKind[] = ["dialing", "dllist"]

/** The requested events, or a problem that names the invalid fields. */
export function wantedBy({ eventType, call, fields = {} }: SourceTestInput): Wanted {
  const errors: FieldError[] = []
  if (call && eventType !== undefined) {
    errors.push({
      path: "/call",
      message: "cannot be combined with eventType: give one of the two",
    })
  }
  const type = eventType ?? DEFAULT_TYPE
  const kind = kindOfType(type)
  if (!call && !kind) errors.push({ path: "/eventType", message: refusalOf(type) })
  const names = Object.keys(fields)
  for (const name of call ? names : kind ? names : []) {
    const message = call ? wrongInCall(name) : wrongIn([kind!], name)
    if (message !== undefined) errors.push({ path: `/fields${pointer([name])}`, message })
  }
  if (errors.length > 0) throw new ProblemError("request.invalid", undefined, { errors })
  return call ? { outcome: call.outcome } : { eventType: type }
}

function refusalOf(type: string): string {
  if (type.startsWith("call.")) return "is derived from calls: give `call` with an outcome instead"
  const testable = eventTypes.map((each) => each.type).filter(kindOfType)
  const near = nearestTo(type, testable)
  const ofKind = testable.filter((each) => each.split(".")[0] === type.split(".")[0])
  const names = [...new Set([...ofKind, ...near])]
  const rest = names.length === 0 ? "" : `; nearest: ${names.join(", ")}`
  return `is not an event type that a PBX sends${rest}`
}

function wrongInCall(name: string): string | undefined {
  return DECIDED.test(name) ? "is determined by the call's outcome" : wrongIn(CALL_KINDS, name)
}

function wrongIn(kinds: RecordKind[], name: string): string | undefined {
  if (name === "uuid") return "is given next to `fields`, as `uuid`"
  if (kinds.some((kind) => isFieldOf(kind, name))) return undefined
  const near = nearestTo(name, kinds.flatMap(fieldNamesOf))
  return `is not a field of it${near.length === 0 ? "" : `; nearest: ${near.join(", ")}`}`
}
