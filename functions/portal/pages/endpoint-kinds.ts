import { html } from "hono/html"
import { heading, type Html } from "../html.ts"
import type { Endpoint } from "../types.ts"
import { transformExamples } from "./transform-examples.ts"

export const CRMS = {
  hubspot: "HubSpot",
  salesforce: "Salesforce",
  pipedrive: "Pipedrive",
  zoho: "Zoho CRM",
} as const
export type Crm = keyof typeof CRMS
export type Kind = "webhook" | "pull" | Crm

export const isCrm = (kind: string): kind is Crm => Object.hasOwn(CRMS, kind)

/** What kind of endpoint is asked for; undefined where nobody has said. */
export const kindIn = (given: string | null): Kind | undefined =>
  given === "webhook" || given === "pull" || (given !== null && isCrm(given)) ? given : undefined

export const kindOf = ({ connector, pull }: Pick<Endpoint, "connector" | "pull">): Kind =>
  connector?.kind ?? (pull ? "pull" : "webhook")

/** What a form for that kind is headed by. */
export const titleOf = (kind: Kind): string =>
  isCrm(kind)
    ? `Log calls in ${CRMS[kind]}`
    : kind === "pull"
      ? "Add a pull endpoint"
      : "Add a webhook"

type Choice = { to: string; title: string; about: string; example: string }

const groups: [title: string, choices: Choice[]][] = [
  [
    "A server of yours",
    [
      {
        to: "kind=webhook",
        title: "Webhook",
        about:
          "Ringback POSTs each event to an address of yours, signed, and tries again for three days.",
        example: "https://crm.example.com/hooks",
      },
      {
        to: "kind=pull",
        title: "Pull",
        about:
          "Nothing is sent: your program fetches its events when it likes, from behind a firewall too.",
        example: "POST …/messages",
      },
    ],
  ],
  [
    "A CRM: each call shows on its contact",
    [
      {
        to: "kind=hubspot",
        title: "HubSpot",
        about: "A call on the contact's timeline. Needs the token of an app.",
        example: "Call to +45 20 12 34 56: connected, 93 s",
      },
      {
        to: "kind=salesforce",
        title: "Salesforce",
        about: "A Task of the subtype Call. Needs a connected app and one field of Activity.",
        example: "Task: call, answered, 93 s",
      },
      {
        to: "kind=pipedrive",
        title: "Pipedrive",
        about: "A call log on the person. Needs an API token.",
        example: "Call log: connected, 93 s",
      },
      {
        to: "kind=zoho",
        title: "Zoho CRM",
        about: "A Call on the contact. Needs an OAuth client and one field of Calls.",
        example: "Call: outbound, 01:33",
      },
    ],
  ],
  [
    "A tool that has an address for webhooks",
    [
      {
        to: "kind=webhook&events=call.completed&example=slack",
        title: "Slack",
        about: "A message for each call that is over, by an incoming webhook.",
        example: "Call to +4520123456: answered, 93 s",
      },
      {
        to: "kind=webhook&events=call.completed&example=teams",
        title: "Microsoft Teams",
        about: "A card for each call that is over, by a workflow's webhook.",
        example: "+4520123456: answered",
      },
      {
        to: "kind=webhook&events=call.completed&example=flat",
        title: "Zapier, Make, n8n",
        about: "Flat fields of each answered call, for a catch hook.",
        example: '{"number": "+4520123456", "seconds": 93}',
      },
    ],
  ],
]

/** The first question of a new endpoint: what it is. */
export const pickerHtml = (base: string, events: string[]): Html => {
  const wanted = events.map((each) => `&events=${encodeURIComponent(each)}`).join("")
  return html`${heading({
    title: "Add an endpoint",
    about: "Where shall events go?",
    crumbs: html`<a href="${base}/endpoints">Endpoints</a>`,
  })}
  ${groups.map(
    ([title, choices]) =>
      html`<section class="kinds">
        <h2>${title}</h2>
        <ul>
          ${choices.map(
            (each) =>
              html`<li class="card">
                <a
                  href="${base}/endpoints/new?${each.to}${each.to.includes("events=") ? "" : wanted}"
                  >${each.title}</a
                >
                <p>${each.about}</p>
                <code>${each.example}</code>
              </li>`,
          )}
        </ul>
      </section>`,
  )}`
}

export const exampleIn = (given: string | null): string | null =>
  given !== null && Object.hasOwn(transformExamples, given)
    ? transformExamples[given as keyof typeof transformExamples].transform
    : null
