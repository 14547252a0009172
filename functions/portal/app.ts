import { createHash, randomUUID } from "node:crypto"
import type { Context, Hono } from "hono"
import { readText } from "../api/body.ts"
import type { Deps } from "../api/deps.ts"
import { ProblemError } from "../api/problem.ts"
import type { CallerLimits } from "../api/rate-limit.ts"
import { reasonOf } from "../runtime/log.ts"
import { findAsset } from "./assets.ts"
import { makeClient, path, Refused, type Problem } from "./client.ts"
import { failureView, problemView } from "./failure.ts"
import {
  openLink,
  reloadPage,
  showEntrance,
  showLink,
  signInByKey,
  signOut,
  type GateView,
} from "./gate.ts"
import type { Html } from "./html.ts"
import { withoutIndentation } from "./indentation.ts"
import { pageHtml } from "./layout.ts"
import { isCrossSiteNavigation, isSameOrigin } from "./origin-check.ts"
import type { OperatorPage, Shown, TenantPage, View, Visit } from "./page.ts"
import { operatorPages, tenantPages } from "./pages.ts"
import { hasCookie, readSession, type Session } from "./session.ts"
import type { Tenant } from "./types.ts"

const HEADERS = {
  "cache-control": "no-store",
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "same-origin",
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
}

type Gate = (deps: Deps, c: Context, form: URLSearchParams) => Promise<GateView> | GateView

/**
 * Adds the portal to the API's app. The portal reads and changes everything through the API's
 * handlers.
 */
export function mountPortal(app: Hono, deps: Deps, { rateLimit, read }: CallerLimits): void {
  const gate = (method: "get" | "post", at: string, show: Gate) =>
    app.on(method.toUpperCase(), at, (c) =>
      answer(deps, c, at, async () => gated(c, await show(deps, c, await formOf(c)))),
    )
  app.get("/", (c) => c.redirect("/portal", 302))
  app.get("/portal/assets/:file", (c) => {
    const asset = findAsset(c.req.param("file"))
    if (!asset) return c.text("Not found", 404)
    return c.body(asset.text, 200, { ...HEADERS, ...asset.headers })
  })
  gate("get", "/portal", showEntrance)
  gate("post", "/portal/sign-in", signInByKey)
  gate("post", "/portal/sign-out", signOut)
  gate("get", "/portal/link", showLink)
  gate("post", "/portal/link", openLink)

  const visited = (at: string, page: TenantPage | OperatorPage, isTenants: boolean) =>
    app.on(page.method.toUpperCase(), at, (c) =>
      answer(deps, c, at, async () => {
        const form = await formOf(c)
        const session = await readSession(deps, c)
        if (!session) return isCrossSiteNavigation(c) ? gated(c, reloadPage()) : ended(deps, c)
        const { caller } = session
        const show = (by: Session) => visit(c, by, page, form, isTenants)
        if (caller.kind !== "tenant") return show(session)
        rateLimit.take(caller.id)
        return read(caller.tenant, c.req.raw.signal, async (hasWaited) => {
          // During the wait the session may have ended, or its key may have been revoked.
          const now = hasWaited ? await readSession(deps, c) : session
          return now ? show(now) : ended(deps, c)
        })
      }),
    )
  for (const page of operatorPages) visited(`/portal${page.path}`, page, false)
  for (const page of tenantPages)
    visited(`/portal/:tenantId{ten_[0-9a-z]+}${page.path}`, page, true)
  for (const method of ["get", "post"] as const)
    visited("/portal/*", { ...missingPage, method }, false)

  async function visit(
    c: Context,
    session: Session,
    page: TenantPage | OperatorPage,
    form: URLSearchParams,
    isTenants: boolean,
  ): Promise<Response> {
    const { caller } = session
    const client = makeClient(app, caller)
    const isOperator = caller.kind === "operator"
    const mayChange = isOperator || caller.scope === "full"
    const frame = { isOperator, mayChange, section: page.section }
    const params = c.req.param() as Record<string, string>
    const query = new URL(c.req.url).searchParams
    const { origin, queues, table } = deps
    const asked = { params, query, form, now: table.now() }
    const about: Visit = {
      client,
      caller,
      mayChange,
      ...asked,
      origin,
      ingestUrl: queues.ingestUrl,
    }
    let tenant: Tenant | undefined
    let view: View
    try {
      // Pages without an API call need this check; for the others the API checks as well.
      if (!isTenants && !isOperator && page.path !== missingPage.path) throw new Refused(forbidden)
      if (isTenants) {
        const id = params["tenantId"] ?? ""
        tenant = await client.get<Tenant>(path`/tenants/${id}`)
        const { show } = page as TenantPage
        view = await show({ ...about, tenant, base: `/portal/${tenant.id}` })
      } else view = await (page as OperatorPage).show(about)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      if (error.problem.status === 401) return ended(deps, c)
      // With the menu of the caller's own tenant.
      if (!tenant && caller.kind === "tenant") {
        const own = await client.ask<Tenant>("GET", path`/tenants/${caller.tenant}`)
        if (own.ok) tenant = own.body
      }
      const way = tenant
        ? { href: `/portal/${tenant.id}`, word: "To the overview" }
        : { href: "/portal", word: "To the start page" }
      view = problemView(error.problem, { ...way, again: retryUrlOf(c) })
    }
    return viewed(c, view, (shown) => pageHtml({ ...frame, tenant }, shown.title, shown.content))
  }
}

const refusal = (status: number, code: Problem["code"]): Problem => ({
  type: "",
  title: "",
  status,
  code,
  requestId: "",
})
const forbidden = refusal(403, "auth.forbidden")

/** The page for every other address. */
const missingPage: OperatorPage = {
  method: "get",
  path: "/*",
  section: "",
  show() {
    throw new Refused(refusal(404, "not_found"))
  },
}

/** The address that repeats the request. None for a form, because a link must not repeat a change. */
function retryUrlOf(c: Context): string | undefined {
  const { pathname, search } = new URL(c.req.url)
  return c.req.method === "GET" ? `${pathname}${search}` : undefined
}

/**
 * Nobody is signed in. A live page gets a status and shows a notice itself; other requests lead to
 * the sign-in page.
 */
const ended = (deps: Deps, c: Context): Promise<Response> | Response =>
  c.req.header("portal-live") === undefined
    ? gated(c, { to: hasCookie(deps, c) ? "/portal?ended" : "/portal" })
    : c.body(null, 401, HEADERS)

async function formOf(c: Context): Promise<URLSearchParams> {
  if (c.req.method !== "POST") return new URLSearchParams()
  if (!isSameOrigin(c)) throw new CrossOriginError()
  return new URLSearchParams(await readText(c.req.raw))
}

/** A POST that was not sent by a page of the portal. */
class CrossOriginError extends Error {}

// A link's URL is a secret: it is not sent as a referrer even to this origin.
const GATE_HEADERS = { ...HEADERS, "referrer-policy": "no-referrer" }

async function gated(c: Context, view: GateView): Promise<Response> {
  if ("to" in view) return redirect(c, view.to)
  return c.body(String(await view.content), view.status as 200, GATE_HEADERS)
}

async function viewed(c: Context, view: View, frame: (shown: Shown) => Html): Promise<Response> {
  if ("to" in view) return redirect(c, view.to)
  // htmx requests come from a page that has the frame already.
  const isPart = c.req.header("hx-request") !== undefined
  const text = withoutIndentation(String(await (isPart ? view.content : frame(view))))
  if (c.req.method !== "GET") return c.body(text, (view.status ?? 200) as 200, HEADERS)
  const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`
  if (c.req.header("if-none-match") === etag) return c.body(null, 304, { ...HEADERS, etag })
  return c.body(text, (view.status ?? 200) as 200, { ...HEADERS, etag })
}

// htmx would follow a 303 and swap the target into its part of the page; `hx-redirect` makes the
// browser navigate instead.
const redirect = (c: Context, to: string): Response =>
  c.req.header("hx-request") === undefined
    ? c.body(null, 303, { ...HEADERS, location: to })
    : c.body(null, 200, { ...HEADERS, "hx-redirect": to })

/** Makes every response of the portal and writes its log line. */
async function answer(
  deps: Deps,
  c: Context,
  page: string,
  respond: () => Promise<Response> | Response,
): Promise<Response> {
  const startedAt = performance.now()
  const requestId = randomUUID()
  let response: Response
  let reason: string | undefined
  try {
    response = await respond()
  } catch (error) {
    const isExpected = error instanceof CrossOriginError || error instanceof ProblemError
    if (!isExpected) reason = reasonOf(error)
    const isForeign = error instanceof CrossOriginError
    const { content, status } = failureView(error, isForeign, requestId, retryUrlOf(c))
    response = c.body(String(await content), status as 500, HEADERS)
  }
  deps.log("portal.answered", {
    requestId,
    // The page's pattern, not its URL: a URL may contain a link's token.
    page: `${c.req.method} ${page}`,
    status: response.status,
    durationMs: Math.round(performance.now() - startedAt),
    ...(reason !== undefined && { reason }),
  })
  return response
}
