import * as v from "valibot"
import { Scope } from "@ringback/store/api-key"
import * as PortalPass from "@ringback/store/portal-pass"
import { originOf } from "./portal-pass-rights.ts"
import { route } from "./route.ts"
import { formatMillis, Time } from "./time.ts"

const HOUR = 3600
const MIN_LIFETIME_SECONDS = 60
const MAX_LIFETIME_SECONDS = 7 * 24 * HOUR

export const PortalLinkInput = v.strictObject({
  expiresInSeconds: v.pipe(
    v.optional(
      v.pipe(
        v.number(),
        v.integer(),
        v.minValue(MIN_LIFETIME_SECONDS),
        v.maxValue(MAX_LIFETIME_SECONDS),
      ),
      HOUR,
    ),
    v.description("How long the link can be opened. A session that it opens lasts 12 h"),
    v.examples([HOUR]),
  ),
  scope: v.pipe(
    v.optional(Scope, "full"),
    v.description("read: the session can view, but cannot change anything and sees no secret"),
  ),
})

export const PortalLink = v.object({
  url: v.pipe(
    v.string(),
    v.description("Opens the tenant's portal once, for anyone who has it. Treat it as a secret"),
    v.examples(["https://ringback.example.com/portal/link?token=rbl_..."]),
  ),
  expiresAt: Time,
})

export const portalLinkRoutes = [
  route({
    method: "post",
    path: "/v1/tenants/{tenantId}/portal-links",
    access: "tenant",
    operationId: "createPortalLink",
    tag: "Portal",
    summary: "Create a link that opens the tenant's portal",
    description:
      "For a person's browser, without a key. The link works once. It ends with the key that created it, and so does the session that it opens.",
    body: PortalLinkInput,
    answers: { 201: { description: "The link", schema: PortalLink } },
    async handle({ deps, caller, tenant, body: { expiresInSeconds, scope } }) {
      const settings = { tenant: tenant.id, scope, origin: originOf(deps, caller) }
      const lifetimeMs = expiresInSeconds * 1000
      const { pass, text } = await PortalPass.create(deps.table, "lnk", settings, lifetimeMs)
      const url = `${deps.origin}/portal/link?token=${text}`
      return { status: 201, body: { url, expiresAt: formatMillis(pass.expiresAt * 1000) } }
    },
  }),
]
