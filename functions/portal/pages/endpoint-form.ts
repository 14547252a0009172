import { html } from "hono/html"
import { described, field, onceOnly } from "../form.ts"
import type { Html } from "../html.ts"
import { errorOf, problemNote } from "../problem-view.ts"
import { authFields } from "./auth-fields.ts"
import { connectorFields } from "./connector-fields.ts"
import type { Form } from "./endpoint-form-values.ts"
import { isCrm } from "./endpoint-kinds.ts"
import { moreFields, signingFields, sourcesField } from "./endpoint-more.ts"
import { previewFields } from "./endpoint-preview.ts"
import { eventTypesField } from "./event-type-picker.ts"
import { transformExamples } from "./transform-examples.ts"

// Fields that show their errors themselves.
const NAMED = [
  ..."url description eventTypes sources filter transform order auth rateLimit headers metadata secret".split(
    " ",
  ),
  ..."auth match country create several map dispositions live instanceUrl companyDomain dataCenter callIdField timeZone"
    .split(" ")
    .map((each) => `connector/${each}`),
]

/** The form of an endpoint: first the fields that everybody needs, the others collapsed. */
export function endpointForm(form: Form): Html {
  const { kind, values, problem, endpoint } = form
  const error = (of: string) => errorOf(problem, of)
  return html`<form class="form" id="endpoint-form" method="post" action="${form.action}">
    ${problem ? problemNote(problem, NAMED) : ""}
    ${problem?.status === 412 ? html`<p><a href="${form.action}">Load the endpoint as it is now</a>. What you changed here is lost.</p>` : ""}
    ${endpoint ? "" : onceOnly()}
    ${form.etag ? html`<input type="hidden" name="etag" value="${form.etag}" />` : ""}
    <input type="hidden" name="kind" value="${kind}" />
    ${kind === "webhook" ? urlField(values.url ?? "", error("url")) : ""}
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
      hint: "Optional. Shown to your colleagues in place of the URL.",
      error: error("description"),
    })}
    ${
      isCrm(kind)
        ? connectorFields(values.connector ?? { kind }, endpoint?.connector ?? null, problem)
        : eventTypesField(values, form.eventTypes, error("eventTypes"))
    }
    ${sourcesField(form, error("sources"))} ${filterField(values.filter, error("filter"))}
    ${isCrm(kind) ? "" : transformField(values.transform, error("transform"))}
    ${
      kind === "webhook"
        ? html`<details
            class="more"
            ${endpoint?.auth || values.auth || error("auth") ? html`open` : ""}
          >
            <summary>Authentication to your server</summary>
            ${authFields({ kind, auth: values.auth, kept: endpoint?.auth, problem, at: "auth" })}
          </details>`
        : ""
    }
    ${moreFields(form)} ${endpoint || isCrm(kind) ? "" : signingFields(values, error("secret"))}
    ${previewFields(form.previewAt, kind, form.tried, form.eventTypes)}
    <div class="actions">
      <button class="primary">${form.submit}</button>
      <a class="button" href="${form.cancel}">Cancel</a>
    </div>
  </form>`
}

const urlField = (url: string, error: string | undefined): Html =>
  field({
    id: "url",
    label: "URL",
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
    hint: "Ringback sends each event there as a signed POST. It must use https and resolve to a public address.",
    error,
  })

function filterField(given: unknown, error: string | undefined): Html {
  const filter =
    given === null ? "" : typeof given === "string" ? given : JSON.stringify(given, null, 2)
  return html`<details class="more" ${filter || error ? html`open` : ""}>
    <summary>Filter events by their values</summary>
    ${field({
      id: "filter",
      label: "Filter",
      control: html`<textarea
        id="filter"
        name="filter"
        rows="4"
        spellcheck="false"
        placeholder='{"data.status": [0, 1]}'
        ${described("filter", error)}
      >
${filter}</textarea>`,
      hint: html`JSON: dotted paths into the webhook with their allowed values. All must match.
        <code>{"data.campUuid": ["…"]}</code>`,
      error,
    })}
  </details>`
}

const transformField = (transform: string | null, error: string | undefined): Html =>
  html`<details class="more" ${transform || error ? html`open` : ""}>
    <summary>Transform the webhook</summary>
    ${field({
      id: "transform",
      label: "Transform",
      control: html`<textarea
        id="transform"
        name="transform"
        rows="6"
        spellcheck="false"
        placeholder='{"text": data.name & " is now " & data.statusName}'
        ${described("transform", error)}
      >
${transform ?? ""}</textarea>`,
      hint: html`A <a href="https://docs.jsonata.org" rel="noreferrer">JSONata</a> expression over
        the webhook. Its value is sent instead of the webhook. If it is <code>null</code>, nothing
        is sent.`,
      error,
    })}
    <details>
      <summary>Examples</summary>
      <div class="stack">
        ${Object.values(transformExamples).map(
          (each) =>
            html`<div>
              <p class="hint">${each.title}</p>
              <div class="copyable">
                <pre tabindex="0" role="region" aria-label="${each.title}">${each.transform}</pre>
                <button type="button" data-copy hidden aria-label="Copy: ${each.title}">
                  Copy
                </button>
              </div>
            </div>`,
        )}
      </div>
    </details>
  </details>`
