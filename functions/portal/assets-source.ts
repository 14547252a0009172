import { createRequire } from "node:module"
import { readFileSync } from "node:fs"

const require = createRequire(import.meta.url)

const own = (name: string) => readFileSync(new URL(`assets/${name}`, import.meta.url), "utf8")

// Ordered: later style sheets override earlier ones.
const STYLES = ["tokens", "base", "frame", "lists", "forms", "charts", "phone"]

/**
 * The browser assets as text. They are read when documents are generated, because a Lambda bundle
 * has no separate files.
 */
export function readAssets(): Record<string, string> {
  return {
    "portal.css": STYLES.map((name) => own(`${name}.css`)).join("\n"),
    "portal.js": own("portal.js"),
    "docs.js": own("docs.js"),
    "htmx.js": readFileSync(require.resolve("htmx.org/dist/htmx.min.js"), "utf8"),
    "icon.svg": own("icon.svg"),
    // Not served as a file: the docs include it in their own style sheet.
    "tokens.css": own("tokens.css"),
  }
}
