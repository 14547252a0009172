import type { Context } from "hono"
import { getCookie, setCookie } from "hono/cookie"
import * as PortalPass from "@ringback/store/portal-pass"
import type { Caller } from "../api/auth.ts"
import type { Deps } from "../api/deps.ts"
import { callerOf, originOf } from "../api/passes.ts"

const LIFETIME_SECONDS = 12 * 3600

export type Session = { pass: PortalPass.Pass; caller: Caller }

// A cookie belongs to a host whatever the port, and two Ringbacks may run on one machine.
function cookieOf(origin: string) {
  const { protocol, port } = new URL(origin)
  const isSecure = protocol === "https:"
  return { isSecure, name: isSecure ? "__Host-ringback" : `ringback-${port || "80"}` }
}

const attributesOf = (isSecure: boolean) => ({
  path: "/",
  httpOnly: true,
  sameSite: "Strict" as const,
  secure: isSecure,
})

/** The living session of that browser: its key is looked at each time, so it ends with the key. */
export async function readSession(deps: Deps, c: Context): Promise<Session | undefined> {
  const text = getCookie(c, cookieOf(deps.origin).name)
  const pass = text === undefined ? undefined : await PortalPass.verify(deps.table, "ses", text)
  const caller = pass && (await callerOf(deps, pass))
  return pass && caller && { pass, caller }
}

/** Signs that browser in as somebody who has shown a key, or opened a link that one with a key made. */
export async function beginSession(
  deps: Deps,
  c: Context,
  settings: Pick<PortalPass.Pass, "tenant" | "scope" | "origin">,
): Promise<void> {
  const { name, isSecure } = cookieOf(deps.origin)
  // Whoever was signed in here is so no more: nobody is left who could sign that session out.
  const before = getCookie(c, name)
  const pass = before === undefined ? undefined : await PortalPass.verify(deps.table, "ses", before)
  if (pass) await PortalPass.remove(deps.table, pass)
  const { text } = await PortalPass.create(deps.table, "ses", settings, LIFETIME_SECONDS * 1000)
  setCookie(c, name, text, { ...attributesOf(isSecure), maxAge: LIFETIME_SECONDS })
}

/** What a key's session may do: what the key may. */
export const settingsOf = (deps: Deps, caller: Caller) => ({
  tenant: caller.kind === "tenant" ? caller.tenant : null,
  scope: caller.kind === "tenant" ? caller.scope : ("full" as const),
  origin: originOf(deps, caller),
})

/** Ends it here and in the browser. */
export async function endSession(deps: Deps, c: Context, session: Session | undefined) {
  if (session) await PortalPass.remove(deps.table, session.pass)
  const { name, isSecure } = cookieOf(deps.origin)
  setCookie(c, name, "", { ...attributesOf(isSecure), maxAge: 0 })
}
