import type { Context } from "hono"
import { html } from "hono/html"
import * as PortalPass from "@ringback/store/portal-pass"
import * as Tenant from "@ringback/store/tenant"
import { identify } from "../api/auth.ts"
import type { Deps } from "../api/deps.ts"
import { callerOf } from "../api/passes.ts"
import { ProblemError } from "../api/problem.ts"
import { name, note, type Html } from "./html.ts"
import { documentHtml, gateHtml } from "./layout.ts"
import { isFromElsewhere } from "./origin-check.ts"
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
      <p class="dim">With a key to the API, or by a link that your operator has sent you.</p>
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

/** Where who has just signed in goes. */
const homeOf = (tenant: string | null) =>
  tenant === null ? "/portal/tenants" : `/portal/${tenant}`

/** `/portal`: the page of whoever is signed in, else where one signs in. */
export async function showEntrance(deps: Deps, c: Context): Promise<GateView> {
  const session = await readSession(deps, c)
  if (session) return { to: homeOf(session.pass.tenant) }
  if (isFromElsewhere(c)) return comeAgain()
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
    html`<h1>This link does not open</h1>
      <p class="dim">
        A link into the portal is good once, for a limited time, and no longer than the key that
        made it. Ask whoever sent it for a new one, or sign in with a key.
      </p>
      <form method="get" action="/portal"><button>Sign in with a key</button></form>`,
    410,
  )

/** A link's own page. It uses nothing up: mail scanners and previews open links too. */
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
        hours${pass.scope === "read" ? ", to look only" : ""}. It works once.
      </p>
      ${isOther ? note("warn", "You are signed in elsewhere on this browser. That session ends.") : ""}
      <form method="post" action="/portal/link">
        <input type="hidden" name="token" value="${token}" />
        <button class="primary" autofocus>Open the portal</button>
      </form>`,
  )
}

/** Uses the link up and signs in. */
export async function openLink(deps: Deps, c: Context, form: URLSearchParams): Promise<GateView> {
  const pass = await PortalPass.verify(deps.table, "lnk", form.get("token") ?? "")
  if (!pass || !(await callerOf(deps, pass))) return used()
  // Of two who send it at the same time, one alone takes it away.
  if (!(await PortalPass.remove(deps.table, pass))) return used()
  const { tenant, scope, origin } = pass
  await beginSession(deps, c, { tenant, scope, origin })
  return { to: homeOf(tenant) }
}

/** Sends a browser that came from another site, and so without its cookie, to the same page once more. */
export const comeAgain = (): GateView => ({
  content: documentHtml("Ringback", html`<meta http-equiv="refresh" content="0" />`),
  status: 200,
})
