import { createRequire } from "node:module"
import { readFileSync } from "node:fs"

const require = createRequire(import.meta.url)

const own = (name: string) => readFileSync(new URL(`assets/${name}`, import.meta.url), "utf8")

// In this order: the later ones build on the earlier.
const STYLES = ["tokens", "base", "frame", "lists", "forms", "charts", "phone"]

/** What browsers load, as text: made when documents are generated, since a Lambda's bundle has no files beside it. */
export function readAssets(): Record<string, string> {
  return {
    "portal.css": STYLES.map((name) => own(`${name}.css`)).join("\n"),
    "portal.js": own("portal.js"),
    "docs.js": own("docs.js"),
    "htmx.js": readFileSync(require.resolve("htmx.org/dist/htmx.min.js"), "utf8"),
    "icon.svg": own("icon.svg"),
    // Not served by itself: the docs have it in their own style.
    "tokens.css": own("tokens.css"),
  }
}
