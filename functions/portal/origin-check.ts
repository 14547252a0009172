import type { Context } from "hono"

/**
 * Whether a POST comes from a page of ours. The cookie is SameSite=Strict already, which a sibling domain passes; browsers
 * say in Sec-Fetch-Site what a page cannot forge, and older ones say at least the origin.
 */
export function isOwn(c: Context): boolean {
  const site = c.req.header("sec-fetch-site")
  if (site !== undefined) return site === "same-origin"
  const origin = c.req.header("origin")
  const host = c.req.header("host") ?? new URL(c.req.url).host
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host
}

/** Whether somebody follows a link from another site: to that request a Strict cookie is not added. */
export const isFromElsewhere = (c: Context): boolean =>
  c.req.header("sec-fetch-mode") === "navigate" &&
  ["cross-site", "same-site"].includes(c.req.header("sec-fetch-site") ?? "")
