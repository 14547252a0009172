import { isId, parseEventId } from "@ringback/events/ids"
import { parseDeliveryId } from "@ringback/store/item-keys"

type PathParam = {
  pattern: string
  description: string
  example: string
  test: (text: string) => boolean
}

const made = (prefix: "ten" | "key" | "src" | "ep" | "job", what: string): PathParam => ({
  pattern: `^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`,
  description: `The id of the ${what}`,
  example: `${prefix}_06fzk3vq8r2m5x0c9d7g4h1jtw`,
  test: (text) => isId(prefix, text),
})

const encoded = (prefix: "evt" | "dlv", what: string, parse: (text: string) => unknown) => ({
  pattern: `^${prefix}_[0-9a-hjkmnp-tv-z]{32}$`,
  description: `The id of the ${what}`,
  example: `${prefix}_06fzk3vq8r000006m5x0c9d7g4h1jtw2`,
  test: (text: string) => parse(text) !== undefined,
})

/** The parameters that a path can have, by name. */
export const pathParams: Record<string, PathParam> = {
  tenantId: made("ten", "tenant"),
  keyId: made("key", "key"),
  sourceId: made("src", "source"),
  endpointId: made("ep", "endpoint"),
  jobId: made("job", "job"),
  eventId: encoded("evt", "event", parseEventId),
  deliveryId: encoded("dlv", "delivery", parseDeliveryId),
  type: {
    pattern: "^[A-Za-z0-9_.]{1,100}$",
    description: "The event type, such as campaign.updated",
    example: "campaign.updated",
    test: (text) => /^[A-Za-z0-9_.]{1,100}$/.test(text),
  },
}

/** Whether a resource could have this id. Anything else is not found. */
export const isPathId = (name: string, value: string) => pathParams[name]?.test(value) ?? false
