import type { Context } from "hono"

/**
 * Whether a POST comes from a page of the portal. The SameSite=Strict cookie does not exclude
 * sibling subdomains. Browsers set Sec-Fetch-Site, which a page cannot forge. Older browsers send
 * at least Origin.
 */
export function isSameOrigin(c: Context): boolean {
  const site = c.req.header("sec-fetch-site")
  if (site !== undefined) return site === "same-origin"
  const origin = c.req.header("origin")
  const host = c.req.header("host") ?? new URL(c.req.url).host
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host
}

/**
 * Whether the user followed a link from another site: browsers do not send a Strict cookie with
 * that request.
 */
export const isCrossSiteNavigation = (c: Context): boolean =>
  c.req.header("sec-fetch-mode") === "navigate" &&
  ["cross-site", "same-site"].includes(c.req.header("sec-fetch-site") ?? "")
