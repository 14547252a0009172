import type { Context } from "hono"
import { html } from "hono/html"
import * as PortalPass from "@ringback/store/portal-pass"
import * as Tenant from "@ringback/store/tenant"
import { identify } from "../api/authenticate.ts"
import type { Deps } from "../api/deps.ts"
import { callerOf } from "../api/portal-pass-rights.ts"
import { ProblemError } from "../api/problem.ts"
import { name, note, type Html } from "./html.ts"
import { documentHtml, gateHtml } from "./layout.ts"
import { isCrossSiteNavigation } from "./origin-check.ts"
import { beginSession, endSession, readSession, settingsOf } from "./session.ts"

export type GateView = { content: Html; status: number } | { to: string }

const shown = (title: string, content: Html, status = 200): GateView => ({
  content: gateHtml(title, content),
  status,
})

const signIn = (message: Html | string = "", status = 200): GateView =>
  shown(
    "Sign in",
    html`<h1>Sign in</h1>
      <p class="dim">Use an API key, or open a link that your operator has sent you.</p>
      ${message}
      <form method="post" action="/portal/sign-in">
        <div class="field">
          <label for="key">API key</label>
          <input
            id="key"
            name="key"
            type="password"
            class="mono"
            autocomplete="off"
            spellcheck="false"
            required
            autofocus
          />
        </div>
        <button class="primary">Sign in</button>
      </form>`,
    status,
  )

/** The first page after signing in. */
const homeOf = (tenant: string | null) =>
  tenant === null ? "/portal/tenants" : `/portal/${tenant}`

/** `/portal`: goes to the user's first page, or shows the sign-in form. */
export async function showEntrance(deps: Deps, c: Context): Promise<GateView> {
  const session = await readSession(deps, c)
  if (session) return { to: homeOf(session.pass.tenant) }
  if (isCrossSiteNavigation(c)) return reloadPage()
  const hasEnded = c.req.query("ended") !== undefined
  return signIn(hasEnded ? note("warn", "Your session has ended. Sign in again.") : "")
}

export async function signInByKey(
  deps: Deps,
  c: Context,
  form: URLSearchParams,
): Promise<GateView> {
  const key = form.get("key")?.trim() ?? ""
  try {
    const caller = await identify(deps.table, deps.operatorKey, `Bearer ${key}`)
    const settings = settingsOf(deps, caller)
    await beginSession(deps, c, settings)
    return { to: homeOf(settings.tenant) }
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    return signIn(note("bad", "That key is unknown, expired or revoked."), 401)
  }
}

export async function signOut(deps: Deps, c: Context): Promise<GateView> {
  await endSession(deps, c, await readSession(deps, c))
  return { to: "/portal" }
}

const used = () =>
  shown(
    "Link",
    html`<h1>This link is no longer valid</h1>
      <p class="dim">
        A portal link works once and for a limited time. It also ends with the key that created it.
        Ask the sender for a new one, or sign in with a key.
      </p>
      <form method="get" action="/portal"><button>Sign in with a key</button></form>`,
    410,
  )

/** A link's page. It does not use the link: mail scanners and previews open links too. */
export async function showLink(deps: Deps, c: Context): Promise<GateView> {
  const token = c.req.query("token") ?? ""
  const pass = await PortalPass.verify(deps.table, "lnk", token)
  if (!pass || !(await callerOf(deps, pass))) return used()
  const tenant = pass.tenant === null ? undefined : await Tenant.get(deps.table, pass.tenant)
  const session = await readSession(deps, c)
  const isOther = session && session.pass.tenant !== pass.tenant
  return shown(
    "Open the portal",
    html`<h1>Open the portal${tenant ? html` of ${name(tenant.name)}` : ""}</h1>
      <p class="dim">
        This link signs you in on this browser, for 12
        hours${pass.scope === "read" ? ", with read-only access" : ""}. It works once.
      </p>
      ${isOther ? note("warn", "This browser is signed in to another account. That session will end.") : ""}
      <form method="post" action="/portal/link">
        <input type="hidden" name="token" value="${token}" />
        <button class="primary" autofocus>Open the portal</button>
      </form>`,
  )
}

/** Uses the link and signs in. */
export async function openLink(deps: Deps, c: Context, form: URLSearchParams): Promise<GateView> {
  const pass = await PortalPass.verify(deps.table, "lnk", form.get("token") ?? "")
  if (!pass || !(await callerOf(deps, pass))) return used()
  // Of two requests at the same time, only one removes it.
  if (!(await PortalPass.remove(deps.table, pass))) return used()
  const { tenant, scope, origin } = pass
  await beginSession(deps, c, { tenant, scope, origin })
  return { to: homeOf(tenant) }
}

/**
 * Makes the browser load the same page again: navigation from another site does not send the
 * cookie.
 */
export const reloadPage = (): GateView => ({
  content: documentHtml("Ringback", html`<meta http-equiv="refresh" content="0" />`),
  status: 200,
})
