import { createHash } from "node:crypto"
import texts from "./assets.json" with { type: "json" }

type Name = Exclude<keyof typeof texts, "tokens.css">

export const tokens = texts["tokens.css"]

const TYPES: Record<Name, string> = {
  "portal.css": "text/css; charset=utf-8",
  "portal.js": "text/javascript; charset=utf-8",
  "docs.js": "text/javascript; charset=utf-8",
  "htmx.js": "text/javascript; charset=utf-8",
  "icon.svg": "image/svg+xml",
}

const YEAR = 365 * 24 * 3600

const hashOf = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 12)

const served = new Map<string, Name>(
  (Object.keys(TYPES) as Name[]).map((name) => {
    const [stem, extension] = name.split(".")
    return [`${stem}.${hashOf(texts[name])}.${extension}`, name] as const
  }),
)
const paths = new Map<Name, string>(
  [...served].map(([path, name]) => [name, `/portal/assets/${path}`]),
)

/** The asset's URL path. It changes with the content, so browsers may cache it forever. */
export const assetPath = (name: Name): string => paths.get(name)!

/** The asset with that file name, or undefined. */
export function findAsset(
  file: string,
): { text: string; headers: Record<string, string> } | undefined {
  const name = served.get(file)
  if (name === undefined) return undefined
  const cacheControl = `public, max-age=${YEAR}, immutable`
  return {
    text: texts[name],
    headers: { "content-type": TYPES[name], "cache-control": cacheControl },
  }
}
