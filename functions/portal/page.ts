import type { Caller } from "../api/auth.ts"
import type { Client } from "./client.ts"
import type { Html } from "./html.ts"
import type { Tenant } from "./types.ts"

/** Somebody who is signed in, at a page. */
export type Visit = {
  client: Client
  caller: Caller
  /** Whether buttons that change something are shown. What may be done is decided by the API. */
  mayChange: boolean
  params: Record<string, string>
  query: URLSearchParams
  /** What was sent; empty on a GET. */
  form: URLSearchParams
  /** Epoch ms. */
  now: number
  origin: string
  /** Where collectors send. */
  ingestUrl: string
}

/** At a page of a tenant's, below `/portal/ten_...`. */
export type TenantVisit = Visit & { tenant: Tenant; base: string }

export type Shown = {
  title: string
  content: Html
  /** 200 unless said. */
  status?: number
}
/** What comes of a visit: a page, or the address of one. */
export type View = Shown | { to: string }

type Definition<V> = {
  method: "get" | "post"
  /** Below the tenant's address on a tenant's page, below `/portal` on the operator's. */
  path: string
  /** Which entry of the menu it belongs to. */
  section: string
  show: (visit: V) => Promise<View> | View
}
export type TenantPage = Definition<TenantVisit>
export type OperatorPage = Definition<Visit>

type Show<V> = Definition<V>["show"]

const definer =
  <V>(section: string, method: "get" | "post") =>
  (path: string, show: Show<V>): Definition<V> => ({ method, path, section, show })

/** Makes the pages of one section: `show` at a GET, `act` at a POST. */
export const tenantSection = (section: string) => ({
  show: definer<TenantVisit>(section, "get"),
  act: definer<TenantVisit>(section, "post"),
})
export const operatorSection = (section: string) => ({
  show: definer<Visit>(section, "get"),
  act: definer<Visit>(section, "post"),
})

/** What an address says was just done, in words of ours alone. */
export const doneIn = (
  query: URLSearchParams,
  words: Record<string, string>,
): string | undefined => {
  const done = query.get("done")
  return done !== null && Object.hasOwn(words, done) ? words[done] : undefined
}
