import * as v from "valibot"
import type { Column } from "./table.ts"

/** The description of an endpoint argument. */
export const anEndpoint = { one: "an endpoint", prefix: "ep" }

/** An endpoint: the fields that lists show. */
export const Endpoint = v.looseObject({
  id: v.string(),
  url: v.nullish(v.string()),
  connector: v.nullish(v.looseObject({ kind: v.string() })),
  eventTypes: v.nullish(v.array(v.string())),
  description: v.nullish(v.string()),
  disabled: v.optional(v.boolean()),
  disabledReason: v.nullish(v.string()),
})
export type Endpoint = v.InferOutput<typeof Endpoint>

/** The endpoint's destination. */
export const targetOf = ({ url, connector }: Endpoint): string =>
  url ?? connector?.kind ?? "fetched"

const stateOf = ({ disabled, disabledReason }: Endpoint) =>
  disabled ? ["disabled", disabledReason].filter(Boolean).join(": ") : "enabled"

export const endpointColumns: Column<Endpoint>[] = [
  { title: "id", text: ({ id }) => id },
  { title: "to", text: targetOf, isFlexible: true },
  {
    title: "state",
    text: stateOf,
    style: ({ disabled }) => (disabled ? "yellow" : "green"),
  },
  {
    title: "event types",
    text: ({ connector, eventTypes }) =>
      eventTypes?.join(", ") ?? (connector ? "call.*" : "all but call.*"),
    isFlexible: true,
    isExtra: true,
  },
  {
    title: "description",
    text: ({ description }) => description ?? "",
    isFlexible: true,
    isExtra: true,
  },
]
