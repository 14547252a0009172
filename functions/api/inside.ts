import type { Context } from "hono"
import type { Caller } from "./auth.ts"

// A symbol of this module's own: nothing that comes over HTTP or from Lambda can put it there.
const CALLER = Symbol("caller")

/** The environment of a request that the portal makes for somebody, without a socket between. */
export const insideEnvironment = (caller: Caller): object => ({ [CALLER]: caller })

/** For whom the portal asks; undefined for a request from outside. */
export function insideCaller(c: Context): Caller | undefined {
  const environment = c.env as { [CALLER]?: Caller } | undefined
  return environment?.[CALLER]
}
