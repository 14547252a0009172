import { html } from "hono/html"
import type { Problem } from "../client.ts"
import { check, described, field, onceOnly } from "../form.ts"
import { name, type Html } from "../html.ts"
import { errorOf, problemNote } from "../problem-view.ts"
import type { EventType, Source } from "../types.ts"
import { eventTypesField } from "./event-type-picker.ts"
import { writeLines } from "./endpoint-fields.ts"

export type FormValues = {
  /** Null: its receiver fetches, so it has none. */
  url: string | null
  description: string | null
  eventTypes: string[] | null
  sources: string[] | null
  filter: unknown
  rateLimit: number | null
  headers: Record<string, string>
  metadata: Record<string, string>
}

type Form = {
  action: string
  cancel: string
  submit: string
  values: FormValues
  eventTypes: EventType[]
  sources: Source[]
  problem?: Problem | undefined
  /** Of the endpoint as it was when the form was shown. */
  etag?: string | null
  isNew: boolean
}

const NAMED = [
  "url",
  "description",
  "eventTypes",
  "sources",
  "filter",
  "rateLimit",
  "headers",
  "metadata",
  "secret",
]

/** What an endpoint is made of, as a form: first what everybody needs, the rest folded. */
export function endpointForm(form: Form): Html {
  const { values, problem, isNew } = form
  const error = (of: string) => errorOf(problem, of)
  const filter =
    values.filter === null
      ? ""
      : typeof values.filter === "string"
        ? values.filter
        : JSON.stringify(values.filter, null, 2)
  const hasMore =
    Object.keys(values.headers).length + Object.keys(values.metadata).length > 0 ||
    values.rateLimit !== null ||
    ["headers", "metadata", "rateLimit", "secret"].some((of) => error(of) !== undefined)
  return html`<form class="form" method="post" action="${form.action}">
    ${problem ? problemNote(problem, NAMED) : ""} ${isNew ? onceOnly() : ""}
    ${form.etag ? html`<input type="hidden" name="etag" value="${form.etag}" />` : ""}
    ${values.url === null ? "" : urlField(values.url, error("url"))}
    ${field({
      id: "description",
      label: "Name",
      control: html`<input
        id="description"
        name="description"
        type="text"
        dir="auto"
        maxlength="1000"
        value="${values.description ?? ""}"
        ${described("description", error("description"))}
      />`,
      hint: "How your colleagues will know it. May be left empty.",
      error: error("description"),
    })}
    ${eventTypesField(values, form.eventTypes, error("eventTypes"))}
    ${form.sources.length > 1 ? sourcesField(form, error("sources")) : ""}
    <details class="more" ${filter || error("filter") ? html`open` : ""}>
      <summary>Only events with certain values</summary>
      ${field({
        id: "filter",
        label: "Filter",
        control: html`<textarea
          id="filter"
          name="filter"
          rows="4"
          spellcheck="false"
          placeholder='{"data.status": [0, 1]}'
          ${described("filter", error("filter"))}
        >
${filter}</textarea>`,
        hint: html`JSON: a dotted path into the webhook, and the values allowed there. All must
          hold. <code>{"data.campUuid": ["…"]}</code>`,
        error: error("filter"),
      })}
    </details>
    <details class="more" ${hasMore ? html`open` : ""}>
      <summary>Headers, rate limit, metadata${isNew ? ", own secret" : ""}</summary>
      ${field({
        id: "headers",
        label: "Headers sent along",
        control: html`<textarea
          id="headers"
          name="headers"
          rows="3"
          spellcheck="false"
          placeholder="x-crm-account: 4711"
          ${described("headers", error("headers"))}
        >
${writeLines(values.headers)}</textarea>`,
        hint: "One a line. They are kept encrypted.",
        error: error("headers"),
      })}
      ${field({
        id: "rateLimit",
        label: "Requests a second, at most",
        control: html`<input
          id="rateLimit"
          name="rateLimit"
          type="number"
          min="0.01"
          max="10000"
          step="any"
          value="${values.rateLimit ?? ""}"
          ${described("rateLimit", error("rateLimit"))}
        />`,
        hint: "Empty: no limit. What is over it waits, and nothing is lost.",
        error: error("rateLimit"),
      })}
      ${field({
        id: "metadata",
        label: "Metadata",
        control: html`<textarea
          id="metadata"
          name="metadata"
          rows="2"
          spellcheck="false"
          placeholder="team: renewals"
          ${described("metadata", error("metadata"))}
        >
${writeLines(values.metadata)}</textarea>`,
        hint: "Yours to use, one a line. It is not sent.",
        error: error("metadata"),
      })}
      ${isNew ? signingFields(error("secret")) : ""}
    </details>
    <div class="actions">
      <button class="primary">${form.submit}</button>
      <a class="button" href="${form.cancel}">Cancel</a>
    </div>
  </form>`
}

const signingFields = (error: string | undefined): Html =>
  html`<fieldset class="field">
      <legend>Signed with</legend>
      <div class="choices">
        <label class="check"
          ><input type="radio" name="signing" value="hmac" checked />
          <span>A secret that both sides know</span></label
        >
        <label class="check"
          ><input type="radio" name="signing" value="ed25519" />
          <span>A key pair: your server knows the public half</span></label
        >
      </div>
    </fieldset>
    ${field({
      id: "secret",
      label: "Own secret",
      control: html`<input
        id="secret"
        name="secret"
        type="text"
        class="mono"
        autocomplete="off"
        spellcheck="false"
        placeholder="whsec_…"
        ${described("secret", error)}
      />`,
      hint: "Empty: one is made. Your own is whsec_ and base64 of 24 to 64 bytes.",
      error,
    })}`

const sourcesField = ({ values, sources }: Form, error: string | undefined): Html =>
  html`<fieldset class="field">
    <legend>PBXes</legend>
    <div class="picks">
      ${sources.map((source) => check("sources", source.id, values.sources?.includes(source.id) ?? false, name(source.name)))}
    </div>
    ${error ? html`<p class="error">${error}</p>` : ""}
    <p class="hint">None chosen: events of all of them.</p>
  </fieldset>`

const urlField = (url: string, error: string | undefined): Html =>
  field({
    id: "url",
    label: "Address",
    control: html`<input
      id="url"
      name="url"
      type="url"
      class="mono"
      value="${url}"
      placeholder="https://crm.example.com/hooks/ringback"
      required
      ${described("url", error)}
    />`,
    hint: "Ringback POSTs each event there, signed. It must be https, and lead to a public address.",
    error,
  })
