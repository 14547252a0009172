import * as v from "valibot"
import { wordsOf } from "./code.ts"
import { dataNameOf, fieldsOf, type Form } from "./field.ts"
import type { RecordKind } from "./ami-event-kinds.ts"
import { outcomes } from "./call-outcome.ts"

const DIGITS = "0-9a-hjkmnp-tv-z"
export const idSchema = (prefix: string, length: number) =>
  v.pipe(v.string(), v.regex(new RegExp(`^${prefix}_[${DIGITS}]{${length}}$`)))

export const Time = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/),
  v.description("RFC 3339, UTC, nine digits"),
)

const Outcome = v.pipe(
  v.nullable(v.picklist(outcomes)),
  v.description("How the call ended; null while it goes on"),
)

const FORMS = {
  text: v.nullable(v.string()),
  // A number that is not a safe integer stays text.
  integer: v.nullable(v.union([v.pipe(v.number(), v.integer()), v.string()])),
  // A time that does not parse stays text.
  time: v.pipe(v.nullable(v.string()), v.description("RFC 3339, UTC, nine digits")),
  variable: v.record(v.string(), v.string()),
} as const satisfies Record<Form, v.GenericSchema>

/** The schema of a webhook of that type, with the given schema of its data. */
export function webhookSchema(type: string, data: v.GenericSchema, isFromPbx = true) {
  return v.looseObject({
    type: v.literal(type),
    timestamp: v.pipe(Time, v.description("When it happened")),
    version: v.pipe(
      v.string(),
      v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z\/[012]$/),
      v.description("Of two about one uuid the greater one, compared as text, is newer"),
    ),
    observedAt: v.pipe(Time, v.description("When it was seen")),
    id: v.pipe(
      idSchema("evt", 32),
      v.description("The same on every attempt, replay and endpoint"),
    ),
    tenant: idSchema("ten", 26),
    source: isFromPbx
      ? v.pipe(idSchema("src", 26), v.description("The PBX that said so"))
      : v.pipe(v.nullable(idSchema("src", 26)), v.description("No PBX said so")),
    synthetic: v.optional(
      v.pipe(v.literal(true), v.description("Inferred from the PBX's lists after a gap")),
    ),
    truncated: v.optional(
      v.pipe(v.literal(true), v.description("Too large: the variables were left out")),
    ),
    test: v.optional(
      v.pipe(v.literal(true), v.description("From a test of the source: no PBX said so")),
    ),
    data,
  })
}

/**
 * The schema of `data` for a kind. Any header may be absent (a delete may have only the uuid), and
 * unknown headers are allowed.
 */
export function dataSchema(kind: RecordKind) {
  const fields: Record<string, v.GenericSchema> = {}
  for (const [header, form] of fieldsOf[kind]) {
    if (form === "variable") continue
    const name = dataNameOf(header)
    fields[name] = v.optional(FORMS[form])
    const words = wordsOf(kind, header)
    if (words) fields[`${name}Name`] = v.optional(v.nullable(v.picklist(Object.values(words))))
  }
  if (kind === "dialing") fields["outcome"] = Outcome
  return v.looseObject({ ...fields, variables: FORMS.variable })
}
