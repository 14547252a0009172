import * as v from "valibot"
import { orders, type ConnectorOf, type Endpoint as Receiver } from "@ringback/webhooks/endpoint"
import type { Item } from "./item.ts"
import type { Table } from "./table.ts"

// Stored as JSON text, because DynamoDB's numbers and map keys differ from JSON's.
const json = <const Schema extends v.GenericSchema>(schema: Schema) =>
  v.pipe(v.string(), v.parseJson(), schema)

/** An endpoint's item in the table. Times are epoch ms. */
export const Stored = v.object({
  id: v.string(),
  tenant: v.string(),
  url: v.nullable(v.string()),
  pull: v.optional(v.boolean(), false),
  allowedLoopback: v.exactOptional(v.nullable(v.string())),
  eventTypes: v.nullable(v.array(v.string())),
  sources: v.nullable(v.array(v.string())),
  filter: v.nullable(json(v.record(v.string(), v.array(v.unknown())))),
  order: v.optional(v.picklist(orders), "any"),
  description: v.nullable(v.string()),
  /** Sealed as a whole, because headers often contain an Authorization. */
  headers: v.string(),
  transform: v.optional(v.nullable(v.string()), null),
  /** Sealed: an Auth, or the credentials of a connector. */
  auth: v.optional(v.nullable(v.string()), null),
  connector: v.optional(
    v.nullable(json(v.looseObject({ kind: v.string(), live: v.exactOptional(v.boolean()) }))),
    null,
  ),
  rateLimit: v.nullable(v.number()),
  metadata: json(v.record(v.string(), v.string())),
  signing: v.picklist(["hmac", "ed25519"]),
  secrets: v.array(v.object({ sealed: v.string(), expiresAt: v.exactOptional(v.number()) })),
  disabled: v.boolean(),
  disabledReason: v.nullable(v.picklist(["gone", "failing", "manual"])),
  createdAt: v.number(),
  updatedAt: v.number(),
  revision: v.number(),
})

/** An endpoint and its revision, which each change increments. */
export type Endpoint = Receiver & { revision: number }

/** An endpoint with a URL that webhooks are posted to. */
export type PushEndpoint = Endpoint & { url: string }

/** The settings that a tenant may change. */
export type Settings = Pick<
  Receiver,
  | "url"
  | "eventTypes"
  | "sources"
  | "filter"
  | "order"
  | "description"
  | "headers"
  | "transform"
  | "rateLimit"
  | "metadata"
  | "disabled"
> & {
  /** Plain credentials, also those of a connector. They are sealed here. */
  auth?: object | null
  connector?: ConnectorOf | null
}
/** Settings that cannot change after creation. */
export type Fixed = { signing: Receiver["signing"]; pull?: boolean }
export type Changes = { [Name in keyof Settings]?: Settings[Name] | undefined } & Permission

/** Set together with `url`, never by a tenant. */
export type Permission = Pick<Receiver, "allowedLoopback">

/** The context that an endpoint's sealed texts are bound to. */
export const contextOf = (tenant: string, id: string) => `${tenant}#${id}`
const Headers = json(v.record(v.string(), v.string()))

export function parse(table: Table, item: Item): Endpoint {
  const { headers, ...rest } = v.parse(Stored, item)
  const opened = table.sealer.open(headers, contextOf(rest.tenant, rest.id))
  return { ...rest, headers: v.parse(Headers, opened) }
}

export function toItem(table: Table, tenant: string, id: string, settings: Changes): Item {
  const { filter, headers, metadata, auth, connector, ...rest } = settings
  const seal = (value: object) => table.sealer.seal(JSON.stringify(value), contextOf(tenant, id))
  return {
    ...rest,
    ...(filter !== undefined && { filter: filter && JSON.stringify(filter) }),
    ...(headers && { headers: seal(headers) }),
    ...(auth !== undefined && { auth: auth && seal(auth) }),
    ...(connector !== undefined && { connector: connector && JSON.stringify(connector) }),
    ...(metadata && { metadata: JSON.stringify(metadata) }),
    ...(rest.disabled !== undefined && { disabledReason: rest.disabled ? "manual" : null }),
  }
}
