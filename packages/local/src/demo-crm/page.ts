import { readFileSync } from "node:fs"
import { tokens } from "@ringback/functions/portal/assets"
import { html } from "hono/html"
import type { Hubspot, HubspotCall, HubspotContact } from "./hubspot.ts"

const fileOf = (name: string) =>
  readFileSync(new URL(`../../demo/crm/${name}`, import.meta.url), "utf8")

/** The page's assets. The colours are the portal's. */
export const pageFiles = new Map([
  ["/crm.css", { type: "text/css; charset=utf-8", text: `${tokens}\n${fileOf("crm.css")}` }],
  ["/crm.js", { type: "text/javascript; charset=utf-8", text: fileOf("crm.js") }],
  ["/icon.svg", { type: "image/svg+xml", text: fileOf("icon.svg") }],
])

/** Contacts, each with its latest calls. */
export function crmPage({ contacts, calls }: Pick<Hubspot, "contacts" | "calls">): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Demo CRM</title>
        <link rel="icon" href="/icon.svg" />
        <link rel="stylesheet" href="/crm.css" />
        <script src="/crm.js" defer></script>
      </head>
      <body>
        <header>
          <h1>Demo CRM</h1>
          <p>
            Contacts of a stand-in for HubSpot. Ringback logs each call of the demo PBX on its
            contact, by an endpoint with a connector. The demo's portal shows it.
          </p>
          <span class="live" id="live">Live</span>
        </header>
        <main id="contacts">
          ${contacts.map((contact) => contactCard(contact, callsOf(calls, contact)))}
        </main>
        <footer>
          <p>A call to Ada: <code>npm run cli -- trigger call --outcome busy</code></p>
        </footer>
      </body>
    </html>`
  return String(page as string)
}

const callsOf = (calls: HubspotCall[], { id }: HubspotContact) =>
  calls
    .filter(({ contacts }) => contacts.includes(id))
    .toSorted((one, other) => startOf(other).localeCompare(startOf(one)))

const startOf = ({ properties }: HubspotCall) => properties["hs_timestamp"] ?? ""

const SHOWN = 4

function contactCard({ id, properties }: HubspotContact, calls: HubspotCall[]) {
  const { firstname = "", lastname = "", phone = "", email = "" } = properties
  const older = calls.length - SHOWN
  return html`<article id="contact-${id}" aria-labelledby="name-${id}">
    <div class="who">
      <span class="face" aria-hidden="true">${firstname.slice(0, 1)}${lastname.slice(0, 1)}</span>
      <div>
        <h2 id="name-${id}">${firstname} ${lastname}</h2>
        <p>${phone}<br />${email}</p>
      </div>
    </div>
    ${
      calls.length === 0
        ? html`<p class="none">No calls yet</p>`
        : html`<ol>
            ${calls.slice(0, SHOWN).map(callRow)}
          </ol>`
    }
    ${older > 0 ? html`<p class="none">and ${older} older</p>` : ""}
  </article>`
}

const STATES: Record<string, [tone: string, words: string]> = {
  IN_PROGRESS: ["wait", "On the phone"],
  COMPLETED: ["ok", "Answered"],
  BUSY: ["warn", "Busy"],
  NO_ANSWER: ["held", "No answer"],
  FAILED: ["bad", "Failed"],
}

function callRow({ id, properties }: HubspotCall) {
  const { hs_call_status: status = "", hs_timestamp: startedAt = "" } = properties
  const [tone, words] = STATES[status] ?? ["off", status]
  const { hs_call_duration: durationMs, hs_call_body: notes = "" } = properties
  return html`<li id="call-${id}" data-status="${status}">
    <details>
      <summary>
        <span class="state is-${tone}">${words}</span>
        <time datetime="${startedAt}"
          >${startedAt.slice(0, 10)} ${startedAt.slice(11, 19)} UTC</time
        >
        <span class="length"
          >${Number(durationMs ?? 0) === 0 ? "" : spoken(Number(durationMs))}</span
        >
      </summary>
      <p class="notes">${textOf(notes)}</p>
    </details>
  </li>`
}

const spoken = (durationMs: number) => {
  const seconds = Math.round(durationMs / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`
}

/** The notes are HTML. They are shown as their text, and none of the HTML is executed. */
const textOf = (notes: string) =>
  notes
    .replaceAll("<br>", "\n")
    .replace(/&#(\d{1,3});/g, (_, code: string) => String.fromCharCode(Number(code)))
