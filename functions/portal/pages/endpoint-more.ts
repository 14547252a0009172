import { html } from "hono/html"
import { check, described, field, select } from "../form.ts"
import { name, nothing, type Html } from "../html.ts"
import { errorOf } from "../problem-view.ts"
import { isCrm } from "./endpoint-kinds.ts"
import type { Form, FormValues } from "./endpoint-form-values.ts"
import { writeLines } from "./lines.ts"

/** Fields that few users need. They are collapsed unless one is set or has an error. */
export function moreFields({ kind, values, problem }: Form): Html {
  const error = (of: string) => errorOf(problem, of)
  const { headers, metadata, order, rateLimit } = values
  const isOpen =
    Object.keys(headers).length + Object.keys(metadata).length > 0 ||
    rateLimit !== null ||
    order === "latest" ||
    ["headers", "metadata", "rateLimit", "order"].some((of) => error(of) !== undefined)
  const words = [
    ...(kind === "webhook" ? ["Headers"] : []),
    ...(kind === "pull" ? [] : ["rate limit"]),
    ...(isCrm(kind) ? [] : ["order"]),
    "metadata",
  ].join(", ")
  return html`<details class="more" ${isOpen ? html`open` : ""}>
    <summary>${words.charAt(0).toUpperCase()}${words.slice(1)}</summary>
    ${
      kind === "webhook"
        ? field({
            id: "headers",
            label: "Additional headers",
            control: html`<textarea
              id="headers"
              name="headers"
              rows="3"
              spellcheck="false"
              placeholder="x-crm-account: 4711"
              ${described("headers", error("headers"))}
            >
${writeLines(headers)}</textarea>`,
            hint: "One per line. They are stored encrypted.",
            error: error("headers"),
          })
        : ""
    }
    ${kind === "pull" ? "" : rateField(rateLimit, error("rateLimit"))}
    ${isCrm(kind) ? "" : orderField(order, error("order"))}
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
${writeLines(metadata)}</textarea>`,
      hint: "For your own use, one entry per line. It is not sent.",
      error: error("metadata"),
    })}
  </details>`
}

const rateField = (rateLimit: number | null, error: string | undefined): Html =>
  field({
    id: "rateLimit",
    label: "Maximum requests per second",
    control: html`<input
      id="rateLimit"
      name="rateLimit"
      type="number"
      min="0.01"
      max="10000"
      step="any"
      value="${rateLimit ?? ""}"
      ${described("rateLimit", error)}
    />`,
    hint: "Empty: no limit. Deliveries beyond it are sent later; none is lost.",
    error,
  })

const orderField = (order: string, error: string | undefined): Html =>
  field({
    id: "order",
    label: "Order",
    control: select(
      "order",
      [
        ["any", "Send every event, in any order"],
        ["latest", "Skip events older than one already accepted for the same Uuid"],
      ],
      order,
    ),
    hint: "Receivers that compare versions and keep the newest do not need this.",
    error,
  })

/** For new endpoints only: later the secret can only be rotated. */
export const signingFields = (
  { signing = "hmac", secret = "" }: FormValues,
  error: string | undefined,
): Html =>
  html`<details class="more" ${error || secret || signing !== "hmac" ? html`open` : ""}>
    <summary>Signature, custom secret</summary>
    <fieldset class="field">
      <legend>Signed with</legend>
      <div class="choices">
        <label class="check"
          ><input
            type="radio"
            name="signing"
            value="hmac"
            ${signing === "ed25519" ? "" : html`checked`}
          />
          <span>A shared secret (HMAC)</span></label
        >
        <label class="check"
          ><input
            type="radio"
            name="signing"
            value="ed25519"
            ${signing === "ed25519" ? html`checked` : ""}
          />
          <span>A key pair (Ed25519): your server needs only the public key</span></label
        >
      </div>
    </fieldset>
    ${field({
      id: "secret",
      label: "Custom secret",
      control: html`<input
        id="secret"
        name="secret"
        type="text"
        class="mono"
        autocomplete="off"
        spellcheck="false"
        placeholder="whsec_…"
        value="${secret}"
        ${described("secret", error)}
      />`,
      hint: "Empty: Ringback generates one. Format: whsec_ and the base64 of 24 to 64 bytes.",
      error,
    })}
  </details>`

/** All PBXes, and the chosen ones that are not among them. Nothing if there is nothing to choose. */
export function sourcesField(
  { values, sources }: Pick<Form, "values" | "sources">,
  error: string | undefined,
): Html {
  const chosen = values.sources ?? []
  const missing = chosen.filter((id) => !sources.some((source) => source.id === id))
  if (sources.length < 2 && chosen.length === 0 && !error) return nothing
  return html`<fieldset class="field">
    <legend>PBXes</legend>
    <div class="picks">
      ${sources.map((source) => check("sources", source.id, chosen.includes(source.id), name(source.name)))}
      ${missing.map((id) => check("sources", id, true, html`<code>${id}</code> <span class="dim">not in the list of PBXes</span>`))}
    </div>
    ${error ? html`<p class="error">${error}</p>` : ""}
    <p class="hint">If none is chosen, events of all PBXes are sent.</p>
  </fieldset>`
}
