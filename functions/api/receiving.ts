import { html, raw } from "hono/html"
import { style } from "./docs-style.ts"
import guide from "./receiving.json" with { type: "json" }

let page: string | undefined

/** The receiver's guide as a page, rendered once. Goes out with `docsHeaders`. */
export function receivingPage(): string {
  page ??= String(render() as string)
  return page
}

function render() {
  const menu = html`<ul>
    ${guide.headings.map(({ id, text }) => html`<li><a href="#${id}">${text}</a></li>`)}
    <li><a href="/docs">The admin API</a></li>
    <li><a href="/asyncapi.json">AsyncAPI document</a></li>
  </ul>`
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href="data:," />
        <title>Receiving webhooks</title>
        ${raw(`<style>${style}</style>`)}
      </head>
      <body id="top">
        <details class="menu">
          <summary>Receiving webhooks</summary>
          <nav aria-label="Contents">${menu}</nav>
        </details>
        <div class="layout">
          <nav class="side" aria-label="Contents">
            <a class="brand" href="#top">Ringback</a>
            ${menu}
          </nav>
          <main class="guide">${raw(guide.html)}</main>
        </div>
      </body>
    </html>`
}
