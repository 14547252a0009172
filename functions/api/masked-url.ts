import type { Caller } from "./authenticate.ts"

export const MASK = "********"

/** A URL without its path and query: some receivers have a secret there as their credential. */
export function maskedUrl(text: string): string {
  const url = URL.parse(text)
  if (!url) return MASK
  const isBare = url.pathname === "/" && url.search === ""
  return isBare ? text : `${url.origin}/${MASK}`
}

/** A text with each URL in it masked, such as an error that names where a redirect leads. */
export const withMaskedUrls = (text: string): string =>
  text.replaceAll(/https?:\/\/[^\s"'<>]+/g, maskedUrl)

/** Whether URLs are masked for this caller: a key that only reads is not to see a credential. */
export const seesMasked = (caller: Caller): boolean =>
  caller.kind === "tenant" && caller.scope === "read"
