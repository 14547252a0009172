import type { Context } from "hono"
import { getCookie, setCookie } from "hono/cookie"
import * as PortalPass from "@ringback/store/portal-pass"
import type { Caller } from "../api/authenticate.ts"
import type { Deps } from "../api/deps.ts"
import { callerOf, originOf } from "../api/portal-pass-rights.ts"

const LIFETIME_SECONDS = 12 * 3600

export type Session = { pass: PortalPass.Pass; caller: Caller }

// Cookies are shared between ports of a host, and two Ringback instances may run on one machine:
// the name has the port.
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

/**
 * The browser's valid session. The key is checked on each request, so the session ends with the
 * key.
 */
export async function readSession(deps: Deps, c: Context): Promise<Session | undefined> {
  const text = getCookie(c, cookieOf(deps.origin).name)
  const pass = text === undefined ? undefined : await PortalPass.verify(deps.table, "ses", text)
  const caller = pass && (await callerOf(deps, pass))
  return pass && caller && { pass, caller }
}

/** Whether the browser was signed in: a session that is over leaves its cookie until it expires. */
export const hasCookie = (deps: Deps, c: Context): boolean =>
  Boolean(getCookie(c, cookieOf(deps.origin).name))

/** Starts a session in this browser, after a key was entered or a portal link was opened. */
export async function beginSession(
  deps: Deps,
  c: Context,
  settings: Pick<PortalPass.Pass, "tenant" | "scope" | "origin">,
): Promise<void> {
  const { name, isSecure } = cookieOf(deps.origin)
  // Ends the previous session: its cookie is replaced, so nobody could sign it out later.
  const before = getCookie(c, name)
  const pass = before === undefined ? undefined : await PortalPass.verify(deps.table, "ses", before)
  if (pass) await PortalPass.remove(deps.table, pass)
  const { text } = await PortalPass.create(deps.table, "ses", settings, LIFETIME_SECONDS * 1000)
  setCookie(c, name, text, { ...attributesOf(isSecure), maxAge: LIFETIME_SECONDS })
}

/** A session gets the rights of its key. */
export const settingsOf = (deps: Deps, caller: Caller) => ({
  tenant: caller.kind === "tenant" ? caller.tenant : null,
  scope: caller.kind === "tenant" ? caller.scope : ("full" as const),
  origin: originOf(deps, caller),
})

/** Ends the session in the table and in the browser. */
export async function endSession(deps: Deps, c: Context, session: Session | undefined) {
  if (session) await PortalPass.remove(deps.table, session.pass)
  const { name, isSecure } = cookieOf(deps.origin)
  setCookie(c, name, "", { ...attributesOf(isSecure), maxAge: 0 })
}
