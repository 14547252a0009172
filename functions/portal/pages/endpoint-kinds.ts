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

/** The requested kind of endpoint; undefined without a valid one. */
export const kindIn = (given: string | null): Kind | undefined =>
  given === "webhook" || given === "pull" || (given !== null && isCrm(given)) ? given : undefined

export const endpointKindOf = ({ connector, pull }: Pick<Endpoint, "connector" | "pull">): Kind =>
  connector?.kind ?? (pull ? "pull" : "webhook")

/** The title of a form for that kind. */
export const titleOf = (kind: Kind): string =>
  isCrm(kind)
    ? `Log calls in ${CRMS[kind]}`
    : kind === "pull"
      ? "Add a pull endpoint"
      : "Add a webhook"

type Choice = { to: string; title: string; about: string; example: string }

const groups: [title: string, choices: Choice[]][] = [
  [
    "Your server",
    [
      {
        to: "kind=webhook",
        title: "Webhook",
        about:
          "Ringback sends each event to your URL as a signed POST, and retries for three days.",
        example: "https://example.com/hooks",
      },
      {
        to: "kind=pull",
        title: "Pull",
        about: "Your program fetches its events from Ringback. This also works behind a firewall.",
        example: "POST …/messages",
      },
    ],
  ],
  [
    "CRM: log each call on its contact",
    [
      {
        to: "kind=hubspot",
        title: "HubSpot",
        about: "Logs a call on the contact's timeline. Needs an app's access token.",
        example: "Call to +45 20 12 34 56: connected, 93 s",
      },
      {
        to: "kind=salesforce",
        title: "Salesforce",
        about:
          "Logs a Task of the subtype Call. Needs a connected app and a custom field of Activity.",
        example: "Task: call, answered, 93 s",
      },
      {
        to: "kind=pipedrive",
        title: "Pipedrive",
        about: "Adds a call log to the person. Needs an API token.",
        example: "Call log: connected, 93 s",
      },
      {
        to: "kind=zoho",
        title: "Zoho CRM",
        about: "Logs a Call on the contact. Needs an OAuth client and a custom field of Calls.",
        example: "Call: outbound, 01:33",
      },
    ],
  ],
  [
    "Tool with a webhook URL",
    [
      {
        to: "kind=webhook&events=call.completed&example=slack",
        title: "Slack",
        about: "Posts a message for each completed call to an incoming webhook.",
        example: "Call to +4520123456: answered, 93 s",
      },
      {
        to: "kind=webhook&events=call.completed&example=teams",
        title: "Microsoft Teams",
        about: "Posts a card for each completed call to a workflow's webhook.",
        example: "+4520123456: answered",
      },
      {
        to: "kind=webhook&events=call.completed&example=flat",
        title: "Zapier, Make, n8n",
        about: "Sends flat fields of each answered call to a catch hook.",
        example: '{"number": "+4520123456", "seconds": 93}',
      },
    ],
  ],
]

/** The choice of the new endpoint's kind. */
export const pickerHtml = (base: string, events: string[]): Html => {
  const wanted = events.map((each) => `&events=${encodeURIComponent(each)}`).join("")
  return html`${heading({
    title: "Add an endpoint",
    about: "Choose where to send events.",
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
