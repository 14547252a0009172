import type { Context } from "hono"
import type { Caller } from "./auth.ts"

// A symbol private to this module: nothing that arrives over HTTP or from Lambda can set it.
const CALLER = Symbol("caller")

/**
 * The environment of a request that the portal makes in the same process for a signed-in person.
 */
export const insideEnvironment = (caller: Caller): object => ({ [CALLER]: caller })

/**
 * The caller on whose behalf the portal makes the request. Undefined for a request from outside.
 */
export function insideCaller(c: Context): Caller | undefined {
  const environment = c.env as { [CALLER]?: Caller } | undefined
  return environment?.[CALLER]
}
