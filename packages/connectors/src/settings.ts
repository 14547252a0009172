import type { Outcome } from "@ringback/events/call-outcome"
import { isSupportedCountry } from "libphonenumber-js/min"
import * as v from "valibot"

const text = (maxLength: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(maxLength))

/** The name of a CRM's field. It is used in paths and in queries. */
export const FieldName = v.pipe(
  v.string(),
  v.maxLength(100),
  v.regex(/^[A-Za-z][A-Za-z0-9_]*$/, "must be a field's API name, such as Customer_Number"),
)

const Match = v.pipe(
  v.string(),
  v.maxLength(120),
  v.regex(
    /^(key|email|phone|externalId:[A-Za-z0-9_]+)$/,
    "must be key, email, phone or externalId:FIELD, where FIELD is the API name of a contact's field",
  ),
  v.description(
    "How the contact is found. key: the row's UKey is the CRM's own id; externalId:FIELD: that field holds it. Null: key, then phone",
  ),
)

const Country = v.pipe(
  v.string(),
  v.check(isSupportedCountry, "must be a country's two capital letters, such as DK"),
  v.description("Of numbers that are dialled or stored without a country's code"),
)

/** Maps an outcome to the CRM's own value, which `value` validates. */
export function dispositionsOf<Value extends v.GenericSchema<string>>(value: Value) {
  const entry = v.exactOptional(value)
  const schema = v.strictObject({
    answered: entry,
    busy: entry,
    rejected: entry,
    no_answer: entry,
    congestion: entry,
    failed: entry,
  } satisfies Record<Outcome, unknown>)
  const described = v.pipe(
    schema,
    v.description("Outcome to the CRM's own value, where the usual one does not fit"),
  )
  return v.optional(described, {} as v.InferInput<typeof schema>)
}

/** The settings that all connectors have. */
export const common = {
  match: v.optional(v.nullable(Match), null),
  country: v.optional(v.nullable(Country), null),
  create: v.pipe(
    v.optional(v.picklist(["never", "contact"]), "never"),
    v.description("Whether a contact is made where none is found; never: the call is skipped"),
  ),
  several: v.pipe(
    v.optional(v.picklist(["none", "first"]), "none"),
    v.description("Where more than one contact is found. none: the call is skipped"),
  ),
  map: v.pipe(
    v.optional(v.nullable(text(8 * 1024)), null),
    v.description(
      "JSONata over the webhook, whose value is an object of further fields. Keys of scope read see it: put no secret in it",
    ),
  ),
  dispositions: dispositionsOf(text(255)),
}

export const live = v.pipe(
  v.optional(v.boolean(), false),
  v.description("Show a call in the CRM from its answer on, not only once it is over"),
)

const Common = v.object(common)
export type CommonSettings = v.InferOutput<typeof Common>
export type Dispositions = CommonSettings["dispositions"]

const credential = text(4_096)

/** A token that does not expire. */
export const TokenAuth = v.strictObject({ type: v.literal("bearer"), token: credential })

/** OAuth with a refresh token. The kind of CRM determines the token server. */
export const RefreshAuth = v.strictObject({
  type: v.literal("oauth2"),
  grant: v.literal("refresh_token"),
  clientId: credential,
  clientSecret: credential,
  refreshToken: credential,
})

export const ClientAuth = v.strictObject({
  type: v.literal("oauth2"),
  grant: v.literal("client_credentials"),
  clientId: credential,
  clientSecret: credential,
})
