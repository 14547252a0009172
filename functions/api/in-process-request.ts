import type { Context } from "hono"
import type { Caller, ReadTenants } from "./authenticate.ts"

// A symbol private to this module: nothing that arrives over HTTP or from Lambda can set it.
const INSIDE = Symbol("inside")

type Inside = { caller: Caller; tenants: ReadTenants }

/**
 * The environment of a request that the portal makes in the same process for a signed-in person.
 */
export const insideEnvironment = (inside: Inside): object => ({ [INSIDE]: inside })

/**
 * The caller on whose behalf the portal makes the request, and what was read for the same page.
 * Undefined for a request from outside.
 */
export function insideOf(c: Context): Inside | undefined {
  const environment = c.env as { [INSIDE]?: Inside } | undefined
  return environment?.[INSIDE]
}
