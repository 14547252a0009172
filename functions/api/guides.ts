import { html, raw } from "hono/html"
import { layoutHtml } from "./docs-layout.ts"
import texts from "./guides.json" with { type: "json" }

export type GuideName = keyof typeof texts

export type GuideEntry = { name: GuideName; title: string; about: string }

/** The guides next to the reference, in menu order. Each describes the package that contains it. */
export const guides: readonly GuideEntry[] = [
  {
    name: "receiving",
    title: "Receiving webhooks",
    about: "A receiver that loses nothing and counts nothing twice, in JavaScript, Python and PHP",
  },
  {
    name: "crm",
    title: "Calls in your CRM",
    about: "HubSpot, Salesforce, Pipedrive and Zoho CRM without code: setting up, contacts, errors",
  },
  {
    name: "events",
    title: "What an event is",
    about: "Outcomes, identity and order of a PBX's events",
  },
  {
    name: "collector",
    title: "Running a collector",
    about: "The process next to the PBX: its settings, guarantees and log",
  },
  {
    name: "operating",
    title: "Operating Ringback",
    about: "Deploying to AWS, stages, and how to respond to each alarm",
  },
]

export const guidePath = ({ name }: Pick<GuideEntry, "name">) => `/docs/${name}`

const pages = new Map<GuideName, string>()

/** A guide as a page, rendered once. Sent with `docsHeaders`. */
export function guidePage(entry: GuideEntry): string {
  const page = pages.get(entry.name) ?? String(render(entry) as string)
  pages.set(entry.name, page)
  return page
}

export const guideMenu = (current?: GuideName) =>
  html`<ul>
    ${guides.map(
      (each) =>
        html`<li>
          <a href="${guidePath(each)}" ${each.name === current ? html`aria-current="page"` : ""}
            >${each.title}</a
          >
        </li>`,
    )}
  </ul>`

const render = ({ name, title }: GuideEntry) =>
  layoutHtml({
    title,
    menuTitle: title,
    menu: html`<h2>On this page</h2>
      <ul>
        ${texts[name].headings.map(({ id, text }) => html`<li><a href="#${id}">${text}</a></li>`)}
      </ul>
      <h2>Guides</h2>
      ${guideMenu(name)}
      <h2>Beside this</h2>
      <ul>
        <li><a href="/docs">The API's reference</a></li>
        <li><a href="/asyncapi.json">AsyncAPI document</a></li>
        <li><a href="/portal">The portal</a></li>
      </ul>`,
    main: html`<main class="guide">${raw(texts[name].html)}</main>`,
  })
