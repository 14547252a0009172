import * as v from "valibot"
import { orders } from "@ringback/webhooks/endpoint"
import { MAX_HEADERS } from "@ringback/webhooks/headers"
import { outboundAnswer, outboundChanges, outboundInput } from "./outbound-schema.ts"
import { FieldError } from "./problem.ts"
import { id, reference, text } from "./schemas.ts"
import { Time } from "./time.ts"

const MAX_PATTERNS = 100
const MAX_SOURCES = 100
const MAX_FILTER_PATHS = 20
const MAX_FILTER_VALUES = 100
const MAX_METADATA = 50
// All endpoints of a tenant are read for each of its events.
const MAX_LENGTH = 16 * 1024
const isSmall = (value: object) => JSON.stringify(value).length <= MAX_LENGTH
const TOO_LARGE = `must have at most ${MAX_LENGTH / 1024} KB as JSON`

const isPlainKey = (key: string) => key !== "__proto__" && key.isWellFormed()

// JSON.parse turns 1e400 into Infinity, which JSON cannot represent.
const Finite = v.pipe(
  v.number(),
  v.check((value) => Number.isFinite(value), "must be a number of at most 1.8e308"),
)
export const FilterValue = v.pipe(
  v.union([text(1000), Finite, v.boolean(), v.null()]),
  v.description("A value that a filter allows"),
)

const FilterPath = v.pipe(
  v.string(),
  v.maxLength(200),
  v.regex(/^[^.]+(\.[^.]+)*$/, "must be a dotted path such as data.status"),
  v.check(isPlainKey, "must be well-formed Unicode"),
)

const settings = {
  url: v.pipe(
    v.string(),
    v.minLength(1),
    v.maxLength(2_048),
    v.description(
      "The URL that webhooks are sent to. https, or http within the allowed networks; no credentials, no fragment, no private address. On one machine the operator's key can also set a loopback URL: webhooks can then be sent to exactly that host and port, until a tenant's key sets another `url`",
    ),
    v.metadata({ format: "uri", examples: ["https://crm.example.com/hooks/ringback"] }),
  ),
  eventTypes: v.pipe(
    v.nullable(
      v.pipe(
        v.array(v.pipe(v.string(), v.maxLength(100))),
        v.minLength(1),
        v.maxLength(MAX_PATTERNS),
      ),
    ),
    v.description("Event types or patterns: `campaign.updated`, `campaign.*`, `*`. Null: all"),
    v.examples([["campaign.*", "dialing.updated"]]),
  ),
  sources: v.pipe(
    v.nullable(v.pipe(v.array(reference("src")), v.minLength(1), v.maxLength(MAX_SOURCES))),
    v.description("Only events of these sources. Null: of all sources"),
    v.examples([null]),
  ),
  filter: v.pipe(
    v.nullable(
      v.pipe(
        v.record(
          FilterPath,
          v.pipe(v.array(FilterValue), v.minLength(1), v.maxLength(MAX_FILTER_VALUES)),
        ),
        v.maxEntries(MAX_FILTER_PATHS),
        v.check((value) => isSmall(value), TOO_LARGE),
      ),
    ),
    v.description(
      "Dotted paths into the webhook, each with its allowed values. All paths must match",
    ),
    v.examples([{ "data.status": [0, 1] }]),
  ),
  order: v.pipe(
    v.picklist(orders),
    v.description(
      "latest: an event whose `version` is older than the one already delivered for the same `data.uuid`, of whichever `source`, is discarded; `call.*` events and the others are compared separately. Costs two more writes per attempt",
    ),
  ),
  description: v.pipe(v.nullable(text(1_000)), v.examples(["campaigns, for the CRM"])),
  headers: v.pipe(
    v.record(v.string(), v.string()),
    v.maxEntries(MAX_HEADERS),
    v.description(
      "Sent with every webhook. Stored encrypted. A change replaces all headers. A key with scope read does not see the values",
    ),
    v.examples([{ "x-crm-account": "4711" }]),
  ),
  rateLimit: v.pipe(
    v.nullable(v.pipe(v.number(), v.minValue(0.01), v.maxValue(10_000))),
    v.description("Maximum requests per second. Null: no limit"),
    v.examples([50]),
  ),
  metadata: v.pipe(
    v.record(
      v.pipe(v.string(), v.minLength(1), v.maxLength(100), v.check(isPlainKey, "is not allowed")),
      text(1_000),
    ),
    v.maxEntries(MAX_METADATA),
    v.check((value) => isSmall(value), TOO_LARGE),
    v.description("For your own use. A change replaces all of it"),
    v.examples([{ team: "renewals" }]),
  ),
  disabled: v.boolean(),
}

export const Signing = v.pipe(
  v.picklist(["hmac", "ed25519"]),
  v.description(
    "hmac (default): both sides share a secret (v1). ed25519: the receiver has only the public key (v1a)",
  ),
)

// Not a real secret: everyone who copied it from the document would share it.
export const EXAMPLE_SECRET = "whsec_..."

export const PublicKey = v.pipe(
  v.string(),
  v.description(
    "An ed25519 endpoint has this instead of a secret: whpk_ and base64 of its 32 bytes",
  ),
  v.examples(["whpk_pW8ARLj91oq9bMTYYrVcqq+mOXdr4+qH6e8lxt5WPfI="]),
)

export const OwnSecret = v.pipe(
  v.string(),
  v.maxLength(200),
  v.description(
    "Your own secret: whsec_ and base64 of 24 to 64 bytes; for ed25519 whsk_ and base64 of the seed. If omitted, one is generated",
  ),
)

const Pull = v.pipe(
  v.boolean(),
  v.description(
    "Instead of `url`: no webhooks are posted. The receiver fetches them (messages, ack)",
  ),
)

export const EndpointInput = v.pipe(
  v.strictObject({
    url: v.exactOptional(settings.url),
    ...outboundInput,
    pull: v.optional(Pull, false),
    eventTypes: v.optional(settings.eventTypes, null),
    sources: v.optional(settings.sources, null),
    filter: v.optional(settings.filter, null),
    order: v.optional(settings.order, "any"),
    description: v.optional(settings.description, null),
    headers: v.optional(settings.headers, {}),
    rateLimit: v.optional(settings.rateLimit, null),
    metadata: v.optional(settings.metadata, {}),
    signing: v.exactOptional(Signing),
    secret: v.exactOptional(OwnSecret),
    disabled: v.optional(settings.disabled, false),
  }),
  v.check(
    ({ url, connector, pull }) =>
      [url !== undefined, connector !== undefined, pull].filter(Boolean).length === 1,
    "must have exactly one of url, connector and pull: true",
  ),
  v.metadata({
    examples: [
      {
        url: "https://crm.example.com/hooks/ringback",
        eventTypes: ["campaign.*", "dialing.updated"],
        filter: { "data.status": [0, 1] },
        rateLimit: 50,
      },
    ],
  }),
)
export type EndpointInput = v.InferOutput<typeof EndpointInput>

export const EndpointChanges = v.pipe(
  v.partial(v.strictObject({ ...settings, ...outboundChanges })),
  v.examples([{ disabled: false, eventTypes: ["campaign.*"] }]),
)
export type EndpointChanges = v.InferOutput<typeof EndpointChanges>

export const DisabledReason = v.picklist(["gone", "failing", "manual"])

const entries = {
  id: id("ep"),
  ...settings,
  url: v.pipe(
    v.nullable(settings.url),
    v.description(
      "Where webhooks are sent. A key of scope read sees its origin only. Null: connector, or pull",
    ),
  ),
  ...outboundAnswer,
  pull: Pull,
  signing: Signing,
  publicKey: v.exactOptional(PublicKey),
  disabledReason: v.pipe(
    v.nullable(DisabledReason),
    v.description(
      "gone: the endpoint answered 410. failing: all attempts have failed for five days",
    ),
  ),
  createdAt: Time,
  updatedAt: Time,
  warnings: v.exactOptional(
    v.pipe(
      v.array(FieldError),
      v.description("In the response to a change: settings that are accepted but may be mistakes"),
      v.examples([
        [
          {
            path: "/filter/data.statsu",
            message: "No event type of the catalog has this; nearest: data.status",
          },
        ],
      ]),
    ),
  ),
}

export const EndpointAnswer = v.pipe(v.object(entries), v.description("A receiver of webhooks"))

export const EndpointWithSecret = v.object({
  ...entries,
  secret: v.exactOptional(
    v.pipe(
      v.string(),
      v.description(
        "The secret that signs its webhooks, also at /secret. An ed25519 endpoint has none",
      ),
      v.examples([EXAMPLE_SECRET]),
    ),
  ),
})
