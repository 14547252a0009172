import { createHash } from "node:crypto"
import { html } from "hono/html"
import { layoutHtml } from "./docs-layout.ts"
import { guideMenu } from "./guides.ts"
import { operationHtml, pretty, type Components, type Operation } from "./docs-operation.ts"
import { inline } from "./docs-schema.ts"
import { startHtml } from "./docs-start.ts"
import { style } from "./docs-style.ts"
import { problems } from "./problem.ts"

type Html = ReturnType<typeof html>
type Methods<T> = Record<string, Record<string, T>>
type Webhook = { summary: string; description: string; requestBody: WebhookBody }
type WebhookBody = { content: { "application/json": { example: unknown } } }

type Document = {
  info: { title: string; version: string; summary: string; description: string }
  tags: { name: string; description: string }[]
  paths: Methods<Operation>
  webhooks: Methods<Webhook>
  components: Components
}

const hash = createHash("sha256").update(style).digest("base64")

// Allows the hash of the inline style, and scripts of this origin only.
export const docsHeaders = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "public, max-age=300",
  "content-security-policy": `default-src 'none'; script-src 'self'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
}

let page: string | undefined

/** The document as an HTML page, rendered once. */
export function docsPage(document: object): string {
  page ??= String(render(document as Document) as string)
  return page
}

function render(document: Document): Html {
  const { info, tags, paths, webhooks, components } = document
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const groups = tags
    .filter(({ name }) => name !== WEBHOOKS)
    .map((tag) => ({
      ...tag,
      all: operations.filter(({ operation }) => operation.tags[0] === tag.name),
    }))
  const menu = html`<h2>Start</h2>
    <ul>
      <li><a href="#top">Introduction</a></li>
      <li><a href="#start">From nothing to a webhook</a></li>
      <li><a href="#errors">Errors</a></li>
      <li><a href="#webhooks">Webhooks</a></li>
      <li><a href="/openapi.json">OpenAPI document</a></li>
      <li><a href="/asyncapi.json">AsyncAPI document</a></li>
      <li><a href="/portal">The portal</a></li>
    </ul>
    <h2>Guides</h2>
    ${guideMenu()}
    ${groups.map(
      ({ name, all }) =>
        html`<h2>${name}</h2>
          <ul>
            ${all.map(
              ({ operation, path, method }) =>
                html`<li data-words="${method} ${path} ${operation.operationId}">
                  <a href="#${operation.operationId}">${operation.summary}</a>
                </li>`,
            )}
          </ul>`,
    )}`
  return layoutHtml({
    title: info.title,
    menuTitle: "Ringback API",
    menu,
    main: html`<main>
      <h1>${info.title}</h1>
      <p class="lead">${info.summary}. Version ${info.version}.</p>
      <div class="intro">
        ${info.description.split("\n\n").map((text) => html`<p>${inline(text)}</p>`)}
      </div>
      ${startHtml()}
      ${groups.map(
        ({ name, description, all }) =>
          html`<section class="tag">
            <h2>${name}</h2>
            <p>${description}</p>
            ${all.map(({ path, method, operation }) =>
              operationHtml(path, method, operation, components),
            )}
          </section>`,
      )}
      ${webhooksHtml(webhooks, tags.find(({ name }) => name === WEBHOOKS)!.description)}
      ${errorsHtml()}
    </main>`,
  })
}

const WEBHOOKS = "Webhooks"

const webhooksHtml = (webhooks: Methods<Webhook>, description: string): Html =>
  html`<section class="tag" id="webhooks">
    <h2>${WEBHOOKS}</h2>
    <p>${inline(description)}</p>
    ${Object.entries(webhooks).map(
      ([type, { post }]) =>
        html`<article id="on.${type}">
          <header>
            <h3><a href="#on.${type}">${type}</a></h3>
            <p class="path"><span class="method hook">event</span>${post!.description}</p>
          </header>
          <div>
            <p>
              Its schema: <code>GET /v1/event-types/${type}</code>, or <code>webhooks</code> in the
              <a href="/openapi.json">OpenAPI document</a>.
            </p>
          </div>
          <details>
            <summary>Example</summary>
            <pre
              tabindex="0"
            ><code>${pretty(post!.requestBody.content["application/json"].example)}</code></pre>
          </details>
        </article>`,
    )}
  </section>`

const errorsHtml = (): Html =>
  html`<section class="tag" id="errors">
    <h2>Errors</h2>
    <p>All are <code>application/problem+json</code>. Programs go by <code>code</code>.</p>
    <table>
      <thead>
        <tr>
          <th>Code</th>
          <th>Status</th>
          <th>Means</th>
        </tr>
      </thead>
      <tbody>
        ${Object.entries(problems).map(
          ([code, [status, title]]) =>
            html`<tr id="${code}">
              <td><code>${code}</code></td>
              <td>${status}</td>
              <td>${title}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`
