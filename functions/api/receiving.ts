import { html, raw } from "hono/html"
import { layoutHtml } from "./docs-layout.ts"
import guide from "./receiving.json" with { type: "json" }

let page: string | undefined

/** The receiver's guide as a page, rendered once. Goes out with `docsHeaders`. */
export function receivingPage(): string {
  page ??= String(render() as string)
  return page
}

const render = () =>
  layoutHtml({
    title: "Receiving webhooks",
    menuTitle: "Receiving webhooks",
    brand: html`Ringback`,
    menu: html`<h2>Receiving webhooks</h2>
      <ul>
        ${guide.headings.map(({ id, text }) => html`<li><a href="#${id}">${text}</a></li>`)}
      </ul>
      <h2>Beside this</h2>
      <ul>
        <li><a href="/docs">The admin API</a></li>
        <li><a href="/asyncapi.json">AsyncAPI document</a></li>
      </ul>`,
    main: html`<main class="guide">${raw(guide.html)}</main>`,
  })
