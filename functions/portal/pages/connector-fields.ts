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
  ["", "Key of the list row, then phone number"],
  ["key", "Key of the list row, which is the CRM's record id"],
  ["externalId", "Key of the list row, in a field of the CRM"],
  ["email", "E-mail address"],
  ["phone", "Phone number"],
]

type KindField = {
  name: string
  label: string
  placeholder: string
  hint: string
  of: Crm[]
  isRequired?: boolean
}

// Settings of single kinds. All kinds share the others.
const KIND_FIELDS: KindField[] = [
  {
    name: "instanceUrl",
    label: "Your Salesforce",
    placeholder: "https://acme.my.salesforce.com",
    hint: "The URL of your org, as shown in Salesforce under My Domain.",
    of: ["salesforce"],
    isRequired: true,
  },
  {
    name: "companyDomain",
    label: "Your Pipedrive",
    placeholder: "acme",
    hint: "The first part of your Pipedrive host: acme in acme.pipedrive.com.",
    of: ["pipedrive"],
    isRequired: true,
  },
  {
    name: "callIdField",
    label: "Field for the call's id",
    placeholder: "Ringback_Call_Id__c",
    hint: "A text field of Activity with External ID and Unique set. It makes sure that a call is logged once. Default: Ringback_Call_Id__c.",
    of: ["salesforce"],
  },
  {
    name: "callIdField",
    label: "Field for the call's id",
    placeholder: "Ringback_Call_Id",
    hint: "A single line field of Calls that does not allow duplicates. It makes sure that a call is logged once. Default: Ringback_Call_Id.",
    of: ["zoho"],
  },
  {
    name: "timeZone",
    label: "Time zone",
    placeholder: "Europe/Copenhagen",
    hint: "Determines the date of a task. Default: UTC.",
    of: ["salesforce"],
  },
]

const DATA_CENTERS = ["com", "eu", "in", "com.au", "jp", "com.cn", "ca", "sa"]

/** All settings of a connector, in the order in which a user needs them. */
export function connectorFields(
  values: ConnectorValues,
  kept: Endpoint["connector"],
  problem: Problem | undefined,
): Html {
  const { kind, auth } = values
  const textOf = (name: string) => (typeof values[name] === "string" ? values[name] : "")
  const error = (name: string) => errorOf(problem, `connector/${name}`)
  const input = (name: string, label: string, hint: string, more: Partial<KindField> = {}) =>
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
        ${more.isRequired ? html`required` : ""}
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
  return html`${KIND_FIELDS.filter((each) => each.of.includes(kind) && each.isRequired).map(
      (each) => input(each.name, each.label, each.hint, each),
    )}
    ${
      kind === "zoho"
        ? choice(
            "dataCenter",
            "Data centre",
            DATA_CENTERS.map((each): Option => [each, `zoho.${each}`]),
            "The data centre of your account: the part after zoho. in its URL.",
          )
        : ""
    }
    ${authFields({ kind, auth, kept: kept?.auth, problem, at: "connector/auth" })}
    ${KIND_FIELDS.filter((each) => each.of.includes(kind) && !each.isRequired).map((each) =>
      input(each.name, each.label, each.hint, each),
    )}
    <fieldset class="field match">
      <legend>Contact of a call</legend>
      ${field({
        id: "match",
        label: "Found by",
        control: select("match", MATCHES, isField ? "externalId" : match),
        error: error("match"),
      })}
      <div class="for-field">
        ${field({
          id: "matchField",
          label: "API name of the field",
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
      ${input("country", "Country of numbers without a country code", "Two letters. Empty: no contact is found for such numbers.", { placeholder: "DK" })}
      ${choice(
        "create",
        "If no contact is found",
        [
          ["never", "The call is not logged"],
          ["contact", "A contact is created"],
        ],
        "",
      )}
      ${choice(
        "several",
        "If several contacts are found",
        [
          ["none", "The call is not logged"],
          ["first", "The first one is used"],
        ],
        "",
      )}
    </fieldset>
    ${kind === "zoho" ? "" : html`<div class="field">${check("live", "1", values["live"] === true, "Log a call when it is answered, not only when it has ended")}</div>`}
    <details
      class="more"
      ${textOf("map") || error("map") || Object.keys(dispositions).length > 0 || error("dispositions") ? html`open` : ""}
    >
      <summary>Additional fields, outcome values</summary>
      ${field({
        id: "map",
        label: "Additional fields of the CRM",
        control: html`<textarea
          id="map"
          name="map"
          rows="4"
          spellcheck="false"
          placeholder='{"hs_call_title": data.campaign.name}'
          ${described("map", error("map"))}
        >
${textOf("map")}</textarea>`,
        hint: "A JSONata expression over the event. Its value is an object with the CRM's field names as keys.",
        error: error("map"),
      })}
      <fieldset class="field">
        <legend>Outcome values in the CRM</legend>
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
        <p class="hint">Empty: the CRM's default value.</p>
      </fieldset>
    </details>`
}

/** The fields as in the API's body. Empty ones are left out, so that they get their defaults. */
export function readConnector(form: URLSearchParams, kind: Crm): ConnectorValues {
  const text = (name: string) => form.get(name)?.replaceAll("\r\n", "\n").trim() ?? ""
  const match = text("match")
  const auth = readAuth(form, kind)
  const dispositions = OUTCOMES.map(([outcome]) => [outcome, text(`disposition-${outcome}`)])
  const own = KIND_FIELDS.filter(({ of }) => of.includes(kind))
  const names = [
    ..."country create several map".split(" "),
    ...(kind === "zoho" ? ["dataCenter"] : []),
    ...own.map(({ name }) => name),
  ]
  // A required field is sent even if empty, so that the API's error message is shown.
  const isRequired = (name: string) => own.some((each) => each.name === name && each.isRequired)
  const given = names
    .filter((name) => form.has(name) && (text(name) !== "" || isRequired(name)))
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
