import { html } from "hono/html"
import { assetPath } from "./assets.ts"
import { name, type Html } from "./html.ts"
import { shapeSprite } from "./status.ts"
import { logo } from "./logo.ts"
import type { Tenant } from "./types.ts"

export const brand = (href: string, text: Html | string = "Ringback"): Html =>
  html`<a class="brand" href="${href}">${logo}<span>${text}</span></a>`

/** A whole HTML document, with or without a signed-in user. */
export const documentHtml = (title: string, body: Html): Html =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta
          name="htmx-config"
          content='{"includeIndicatorCSS":false,"history":false,"extensions":"keep-open"}'
        />
        <title>${title} · Ringback</title>
        <link rel="icon" href="${assetPath("icon.svg")}" type="image/svg+xml" />
        <link rel="stylesheet" href="${assetPath("portal.css")}" />
        <script src="${assetPath("htmx.js")}" defer></script>
        <script src="${assetPath("portal.js")}" defer></script>
      </head>
      <body>
        <div class="progress" id="progress" role="status"></div>
        ${body}
        <div class="notice note is-warn" id="notice" role="alert"></div>
      </body>
    </html>`

export type Frame = {
  tenant: Tenant | undefined
  isOperator: boolean
  mayChange: boolean
  /** The current section of the menu. */
  section: string
}

type Entry = [section: string, path: string, word: string]

const tenantMenu: [heading: string, entries: Entry[]][] = [
  [
    "Activity",
    [
      ["overview", "", "Overview"],
      ["calls", "/calls", "Calls"],
      ["events", "/events", "Events"],
      ["deliveries", "/deliveries", "Deliveries"],
    ],
  ],
  [
    "Set up",
    [
      ["endpoints", "/endpoints", "Endpoints"],
      ["sources", "/sources", "PBXes"],
      ["keys", "/keys", "API keys"],
      ["audit", "/audit", "Audit"],
    ],
  ],
  ["Reference", [["event-types", "/event-types", "Event catalog"]]],
]

const operatorMenu: Entry[] = [
  ["tenants", "/tenants", "Tenants"],
  ["search", "/search", "Search"],
  ["dead-letters", "/dead-letters", "Dead letters"],
  ["rejected", "/rejected", "Rejected"],
  ["cost", "/cost", "Volume and cost"],
  ["audit", "/audit", "Audit"],
]

const entryHtml = (base: string, current: string, [section, path, word]: Entry): Html =>
  html`<li>
    <a href="${base}${path}" ${section === current ? html`aria-current="page"` : ""}>${word}</a>
  </li>`

function menuHtml({ tenant, isOperator, section }: Frame): Html {
  const groups = tenant ? tenantMenu : []
  return html`${
      isOperator
        ? html`<h2>Operator</h2>
            <ul>
              ${(tenant ? operatorMenu.slice(0, 2) : operatorMenu).map((entry) => entryHtml("/portal", tenant ? "" : section, entry))}
            </ul>`
        : ""
    }
    ${groups.map(
      ([title, entries]) =>
        html`<h2>${title}</h2>
          <ul>
            ${entries.map((entry) => entryHtml(`/portal/${tenant?.id ?? ""}`, section, entry))}
          </ul>`,
    )}
    <h2>Help</h2>
    <ul>
      <li><a href="/docs">API reference</a></li>
      <li><a href="/docs/receiving">Receiving webhooks</a></li>
    </ul>`
}

const footHtml = ({ mayChange, isOperator }: Frame): Html =>
  html`<div class="foot">
    <p class="dim small">
      ${isOperator ? "Signed in as the operator" : mayChange ? "Signed in" : "Signed in, read-only"}
    </p>
    <form method="post" action="/portal/sign-out"><button class="plain">Sign out</button></form>
  </div>`

/** A page in its frame: the menu is beside it, or collapsed above it on a phone. */
export function pageHtml(frame: Frame, title: string, content: Html): Html {
  const { tenant } = frame
  const home = tenant ? `/portal/${tenant.id}` : "/portal"
  return documentHtml(
    tenant ? `${title} · ${tenant.name}` : title,
    html`${shapeSprite}<a class="skip" href="#main">Skip to the page</a>
      <details class="top">
        <summary>
          <span class="brand">${logo}<span>${tenant ? name(tenant.name) : "Ringback"}</span></span>
          <span class="menu-word">Menu</span>
        </summary>
        <nav aria-label="Menu">${menuHtml(frame)}${footHtml(frame)}</nav>
      </details>
      <div class="frame">
        <header class="side">
          ${brand(home)}
          <div class="whose">
            ${tenant ? html`<strong title="${tenant.name}">${name(tenant.name)}</strong><span class="dim small">Tenant</span>` : ""}
          </div>
          <nav aria-label="Menu">${menuHtml(frame)}</nav>
          ${footHtml(frame)}
        </header>
        <main id="main" tabindex="-1">${content}</main>
      </div>`,
  )
}

/** A page without a signed-in user. */
export const gateHtml = (title: string, content: Html): Html =>
  documentHtml(
    title,
    html`<main class="gate"><div class="card">${brand("/portal")}${content}</div></main>`,
  )
