import { html } from "hono/html"
import type { Problem } from "../client.ts"
import { check, described, field, select, type Option } from "../form.ts"
import type { Html } from "../html.ts"
import { errorOf } from "../problem-view.ts"
import type { Endpoint } from "../types.ts"
import { authFields, readAuth, type AuthValues } from "./auth-fields.ts"
import type { Crm } from "./endpoint-kinds.ts"

export type ConnectorValues = { kind: Crm; auth?: AuthValues } & Record<string, unknown>

const OUTCOMES: [outcome: string, word: string][] = [
  ["answered", "Answered"],
  ["busy", "Busy"],
  ["no_answer", "No answer"],
  ["rejected", "Rejected"],
  ["congestion", "Congestion"],
  ["failed", "Failed"],
]

const MATCHES: Option[] = [
  ["", "By the list row's key, then by phone"],
  ["key", "The list row's key is the CRM's own id"],
  ["externalId", "A field of the CRM holds the list row's key"],
  ["email", "By e-mail"],
  ["phone", "By phone"],
]

type Own = {
  name: string
  label: string
  placeholder: string
  hint: string
  of: Crm[]
  isNeeded?: boolean
}

// What a kind has of its own, beside what all have.
const OWN: Own[] = [
  {
    name: "instanceUrl",
    label: "Your Salesforce",
    placeholder: "https://acme.my.salesforce.com",
    hint: "The org's own address, as Salesforce shows it under My Domain.",
    of: ["salesforce"],
    isNeeded: true,
  },
  {
    name: "companyDomain",
    label: "Your Pipedrive",
    placeholder: "acme",
    hint: "The acme of acme.pipedrive.com.",
    of: ["pipedrive"],
    isNeeded: true,
  },
  {
    name: "callIdField",
    label: "Field for the call's id",
    placeholder: "Ringback_Call_Id__c",
    hint: "A text field of Activity, External ID and Unique: by it a call is logged once. Empty: Ringback_Call_Id__c.",
    of: ["salesforce"],
  },
  {
    name: "callIdField",
    label: "Field for the call's id",
    placeholder: "Ringback_Call_Id",
    hint: "A single line field of Calls without duplicates: by it a call is logged once. Empty: Ringback_Call_Id.",
    of: ["zoho"],
  },
  {
    name: "timeZone",
    label: "Time zone",
    placeholder: "Europe/Copenhagen",
    hint: "Decides the day of a task. Empty: UTC.",
    of: ["salesforce"],
  },
]

const DATA_CENTERS = ["com", "eu", "in", "com.au", "jp", "com.cn", "ca", "sa"]

/** All that is set of a connector, in the order that one sets it up. */
export function connectorFields(
  values: ConnectorValues,
  kept: Endpoint["connector"],
  problem: Problem | undefined,
): Html {
  const { kind, auth } = values
  const textOf = (name: string) => (typeof values[name] === "string" ? values[name] : "")
  const error = (name: string) => errorOf(problem, `connector/${name}`)
  const input = (name: string, label: string, hint: string, more: Partial<Own> = {}) =>
    field({
      id: name,
      label,
      control: html`<input
        id="${name}"
        name="${name}"
        type="text"
        class="mono"
        spellcheck="false"
        value="${textOf(name)}"
        ${more.placeholder ? html`placeholder="${more.placeholder}"` : ""}
        ${more.isNeeded ? html`required` : ""}
        ${described(name, error(name))}
      />`,
      hint,
      error: error(name),
    })
  const match = textOf("match")
  const isField = match.startsWith("externalId:")
  const dispositions = (values["dispositions"] ?? {}) as Record<string, string>
  const choice = (name: string, label: string, options: Option[], hint: string) =>
    field({
      id: name,
      label,
      control: select(name, options, textOf(name)),
      hint,
      error: error(name),
    })
  return html`${OWN.filter((each) => each.of.includes(kind) && each.isNeeded).map((each) =>
      input(each.name, each.label, each.hint, each),
    )}
    ${
      kind === "zoho"
        ? choice(
            "dataCenter",
            "Data centre",
            DATA_CENTERS.map((each): Option => [each, `zoho.${each}`]),
            "Where the account lives: what follows zoho. in its address.",
          )
        : ""
    }
    ${authFields({ kind, auth, kept: kept?.auth, problem, at: "connector/auth" })}
    ${OWN.filter((each) => each.of.includes(kind) && !each.isNeeded).map((each) =>
      input(each.name, each.label, each.hint, each),
    )}
    <fieldset class="field match">
      <legend>The contact of a call</legend>
      ${field({
        id: "match",
        label: "How it is found",
        control: select("match", MATCHES, isField ? "externalId" : match),
        error: error("match"),
      })}
      <div class="for-field">
        ${field({
          id: "matchField",
          label: "That field's API name",
          control: html`<input
            id="matchField"
            name="matchField"
            type="text"
            class="mono"
            spellcheck="false"
            placeholder="Customer_Number"
            value="${isField ? match.slice("externalId:".length) : ""}"
          />`,
        })}
      </div>
      ${input("country", "Country of numbers without a code", "Two letters. Empty: such numbers find nobody.", { placeholder: "DK" })}
      ${choice(
        "create",
        "Where there is none",
        [
          ["never", "The call is not logged"],
          ["contact", "A contact is made"],
        ],
        "",
      )}
      ${choice(
        "several",
        "Where there are several",
        [
          ["none", "The call is not logged"],
          ["first", "The first one is taken"],
        ],
        "",
      )}
    </fieldset>
    ${kind === "zoho" ? "" : html`<div class="field">${check("live", "1", values["live"] === true, "Show a call from its answer on, not only once it is over")}</div>`}
    <details
      class="more"
      ${textOf("map") || error("map") || Object.keys(dispositions).length > 0 || error("dispositions") ? html`open` : ""}
    >
      <summary>Further fields, own outcomes</summary>
      ${field({
        id: "map",
        label: "Further fields of the CRM",
        control: html`<textarea
          id="map"
          name="map"
          rows="4"
          spellcheck="false"
          placeholder='{"hs_call_title": data.campaign.name}'
          ${described("map", error("map"))}
        >
${textOf("map")}</textarea>`,
        hint: "JSONata over the event, whose value is an object of the CRM's field names.",
        error: error("map"),
      })}
      <fieldset class="field">
        <legend>What outcomes are called there</legend>
        <div class="picks">
          ${OUTCOMES.map(([outcome, word]) => {
            const id = `disposition-${outcome}`
            const wrong = errorOf(problem, `connector/dispositions/${outcome}`)
            const control = html`<input
              id="${id}"
              name="${id}"
              type="text"
              value="${dispositions[outcome] ?? ""}"
              ${described(id, wrong, false)}
            />`
            return field({ id, label: word, control, error: wrong })
          })}
        </div>
        <p class="hint">Empty: the CRM's usual word.</p>
      </fieldset>
    </details>`
}

/** Those fields as the API takes them. What is empty is left out, so that it is what it usually is. */
export function readConnector(form: URLSearchParams, kind: Crm): ConnectorValues {
  const text = (name: string) => form.get(name)?.replaceAll("\r\n", "\n").trim() ?? ""
  const match = text("match")
  const auth = readAuth(form, kind)
  const dispositions = OUTCOMES.map(([outcome]) => [outcome, text(`disposition-${outcome}`)])
  const own = OWN.filter(({ of }) => of.includes(kind))
  const names = [
    ..."country create several map".split(" "),
    ...(kind === "zoho" ? ["dataCenter"] : []),
    ...own.map(({ name }) => name),
  ]
  // What is needed is sent though it is empty: the API has the words for it.
  const isNeeded = (name: string) => own.some((each) => each.name === name && each.isNeeded)
  const given = names
    .filter((name) => form.has(name) && (text(name) !== "" || isNeeded(name)))
    .map((name) => [name, text(name)])
  return {
    kind,
    ...(auth && { auth }),
    ...(match !== "" && {
      match: match === "externalId" ? `externalId:${text("matchField")}` : match,
    }),
    ...Object.fromEntries(given),
    dispositions: Object.fromEntries(dispositions.filter(([, word]) => word !== "")),
    ...(kind !== "zoho" && form.has("live") && { live: true }),
  }
}
