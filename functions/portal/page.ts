import type { Caller } from "../api/authenticate.ts"
import type { Client } from "./client.ts"
import type { Html } from "./html.ts"
import type { Tenant } from "./types.ts"

/** A request for a page by a signed-in user. */
export type Visit = {
  client: Client
  caller: Caller
  /** Whether to show buttons that change something. The API decides what is allowed. */
  mayChange: boolean
  params: Record<string, string>
  query: URLSearchParams
  /** The form that was sent; empty on a GET. */
  form: URLSearchParams
  /** Epoch ms. */
  now: number
  origin: string
  /** URL of the queue that collectors send to. */
  ingestUrl: string
}

/** A request for a page of a tenant, below `/portal/ten_...`. */
export type TenantVisit = Visit & { tenant: Tenant; base: string }

export type Shown = {
  title: string
  content: Html
  /** Default: 200. */
  status?: number
}
/** The answer to a visit: a page, or the path of one to redirect to. */
export type View = Shown | { to: string }

type Definition<V> = {
  method: "get" | "post"
  /** Below the tenant's path for a tenant's page, below `/portal` for the operator's. */
  path: string
  /** The menu entry that it belongs to. */
  section: string
  show: (visit: V) => Promise<View> | View
}
export type TenantPage = Definition<TenantVisit>
export type OperatorPage = Definition<Visit>

type Show<V> = Definition<V>["show"]

const definer =
  <V>(section: string, method: "get" | "post") =>
  (path: string, show: Show<V>): Definition<V> => ({ method, path, section, show })

/** Makes the pages of one section: `show` for GET, `act` for POST. */
export const tenantSection = (section: string) => ({
  show: definer<TenantVisit>(section, "get"),
  act: definer<TenantVisit>(section, "post"),
})
export const operatorSection = (section: string) => ({
  show: definer<Visit>(section, "get"),
  act: definer<Visit>(section, "post"),
})

/**
 * The message for the `done` parameter of a URL. Only known messages are shown, never the
 * parameter's text.
 */
export const doneIn = (
  query: URLSearchParams,
  words: Record<string, string>,
): string | undefined => {
  const done = query.get("done")
  return done !== null && Object.hasOwn(words, done) ? words[done] : undefined
}
