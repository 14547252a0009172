import { randomUUID } from "node:crypto"
import { html } from "hono/html"
import { nothing, type Html } from "./html.ts"

type Field = {
  id: string
  label: Html | string
  /** The control; its id is the field's. */
  control: Html
  hint?: Html | string | undefined
  error?: string | undefined
  isLong?: boolean
}

export const field = ({ id, label, control, hint, error, isLong }: Field): Html =>
  html`<div class="field ${isLong ? "long" : ""}">
    <label for="${id}">${label}</label>
    ${control} ${error ? html`<p class="error" id="${id}-error">${error}</p>` : ""}
    ${hint ? html`<p class="hint" id="${id}-hint">${hint}</p>` : ""}
  </div>`

/** Links a control to its hint and its error, for screen readers. */
export const described = (id: string, error: string | undefined, hasHint = true): Html => {
  const ids = [...(error ? [`${id}-error`] : []), ...(hasHint ? [`${id}-hint`] : [])].join(" ")
  return html`${ids ? html`aria-describedby="${ids}"` : ""}
  ${error ? html`aria-invalid="true"` : ""}`
}

export type Option = [value: string, word: string]

export const select = (
  fieldName: string,
  options: Option[],
  chosen: string | null,
  id = fieldName,
): Html =>
  html`<select id="${id}" name="${fieldName}">
    ${options.map(
      ([value, word]) =>
        html`<option value="${value}" ${value === (chosen ?? "") ? html`selected` : nothing}>
          ${word}
        </option>`,
    )}
  </select>`

export const check = (
  fieldName: string,
  value: string,
  isChecked: boolean,
  text: Html | string,
): Html =>
  html`<label class="check">
    <input type="checkbox" name="${fieldName}" value="${value}" ${isChecked ? html`checked` : ""} />
    <span>${text}</span>
  </label>`

/**
 * An idempotency key: a form that is sent twice, by a reload or a double click, takes effect once
 * and gets the same answer.
 */
export const onceOnly = (): Html =>
  html`<input type="hidden" name="once" value="${randomUUID()}" />`

type Confirm = {
  /** The button that opens the question. */
  word: string
  /** What will happen, with the object's name. */
  question: Html
  action: string
  /** The button that confirms. */
  yes: string
  fields?: Html
  isDanger?: boolean
}

/** A button that asks for confirmation, without a script. */
export const confirm = ({ word, question, action, yes, fields, isDanger = true }: Confirm): Html =>
  html`<details class="confirm">
    <summary class="button ${isDanger ? "danger" : ""}">${word}</summary>
    <div>
      <p>${question}</p>
      <form method="post" action="${action}">
        ${fields ?? ""}
        <button class="${isDanger ? "danger" : "primary"}">${yes}</button>
      </form>
    </div>
  </details>`

/** A button that acts without confirmation. */
export const button = (action: string, word: string, kind = ""): Html =>
  html`<form method="post" action="${action}"><button class="${kind}">${word}</button></form>`
