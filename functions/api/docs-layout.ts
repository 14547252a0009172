import { html, raw } from "hono/html"
import { assetPath } from "../portal/assets.ts"
import { logo } from "../portal/logo.ts"
import { style } from "./docs-style.ts"

type Html = ReturnType<typeof html>

/** A whole page. The contents are beside the main part, or above it on narrow screens. */
export const layoutHtml = (page: {
  title: string
  /** The title above the contents when they can be folded. */
  menuTitle: string
  menu: Html
  main: Html
}): Html =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href="data:," />
        <title>${page.title}</title>
        ${raw(`<style>${style}</style>`)}
        <script src="${assetPath("docs.js")}" defer></script>
      </head>
      <body id="top">
        <details class="menu">
          <summary>${page.menuTitle}</summary>
          <nav aria-label="Contents">${searchHtml}${page.menu}</nav>
        </details>
        <div class="layout">
          <nav class="side" aria-label="Contents">
            <a class="brand" href="/docs">${logo}Ringback</a>
            ${searchHtml} ${page.menu}
          </nav>
          ${page.main}
        </div>
      </body>
    </html>`

// Hidden until the script shows it, because it needs the script.
const searchHtml = html`<div class="search" hidden>
  <input
    type="search"
    data-search
    aria-label="Search the contents"
    placeholder="Search, or press /"
  />
  <small data-found role="status"></small>
</div>`
