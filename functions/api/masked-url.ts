export const MASK = "********"

/** A URL without its path and query: some receivers have a secret there as their credential. */
export function maskedUrl(text: string): string {
  const url = URL.parse(text)
  if (!url) return MASK
  const isBare = url.pathname === "/" && url.search === ""
  return isBare ? text : `${url.origin}/${MASK}`
}
