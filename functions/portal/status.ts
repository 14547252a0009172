import { html } from "hono/html"
import type { Html, Tone } from "./html.ts"

type Shape = "check" | "cross" | "clock" | "pause" | "slash" | "triangle" | "ring"

// Each has its own outline, so that statuses can be told apart without colours.
const shapes: Record<Shape, Html> = {
  check: html`<circle cx="8" cy="8" r="7.2" /><path
      class="cut"
      d="m4.8 8.2 2.2 2.3 4.2-4.8"
      stroke-width="1.9"
    />`,
  cross: html`<path d="M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z" /><path
      class="cut"
      d="m5.4 5.4 5.2 5.2m0-5.2-5.2 5.2"
      stroke-width="1.8"
    />`,
  clock: html`<circle
      cx="8"
      cy="8"
      r="6.2"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
    /><path d="M8 4.5V8l2.4 1.6" fill="none" stroke="currentColor" stroke-width="1.7" />`,
  pause: html`<rect x="1" y="1" width="14" height="14" rx="3" /><path
      class="cut"
      d="M6 5v6m4-6v6"
      stroke-width="1.9"
    />`,
  slash: html`<circle
      cx="8"
      cy="8"
      r="6.2"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
    /><path d="m4 12 8-8" fill="none" stroke="currentColor" stroke-width="1.8" />`,
  triangle: html`<path d="M8 1.2 15.4 14.4H.6z" /><path
      class="cut"
      d="M8 6v4m0 1.2v1.4"
      stroke-width="1.7"
    />`,
  ring: html`<circle
    cx="8"
    cy="8"
    r="6.2"
    fill="none"
    stroke="currentColor"
    stroke-width="1.8"
    stroke-dasharray="3 2.6"
  />`,
}

/** All shapes, once for a page. A status refers to one. */
export const shapeSprite: Html = html`<svg class="sprite" width="0" height="0" aria-hidden="true">
  ${Object.entries(shapes).map(([id, shape]) => html`<symbol id="is-${id}" viewBox="0 0 16 16">${shape}</symbol>`)}
</svg>`

/** A status: a word, a shape and a colour. */
export const status = (tone: Tone, shape: Shape, word: string): Html =>
  html`<span class="status is-${tone}"
    ><svg aria-hidden="true"><use href="#is-${shape}" /></svg>${word}</span
  >`

type Shown = [Tone, Shape, string]

/** Shows a status value; an unknown one is shown as it is. */
const statusOf =
  (known: Record<string, Shown>) =>
  (value: string): Html =>
    status(...(known[value] ?? (["off", "slash", value] as const)))

export const deliveryStatus = statusOf({
  delivered: ["ok", "check", "Delivered"],
  failed: ["bad", "cross", "Failed"],
  pending: ["wait", "clock", "Pending"],
  held: ["held", "pause", "Held"],
  discarded: ["off", "slash", "Discarded"],
})

export const sourceStatus = statusOf({
  new: ["off", "ring", "Never connected"],
  connected: ["ok", "check", "Connected"],
  disconnected: ["bad", "cross", "PBX unreachable"],
  silent: ["warn", "triangle", "Silent"],
})

const outcomes: Record<string, Shown> = {
  answered: ["ok", "check", "Answered"],
  busy: ["warn", "slash", "Busy"],
  rejected: ["warn", "cross", "Rejected"],
  no_answer: ["off", "clock", "No answer"],
  congestion: ["warn", "triangle", "Congestion"],
  failed: ["bad", "cross", "Failed"],
}
/** How a call ended. If its end was inferred, the outcome may be unknown. */
export function outcomeStatus(isOver: boolean, outcome: string | null): Html {
  if (!isOver) return status("wait", "ring", "In progress")
  return status(...(outcomes[outcome ?? ""] ?? (["off", "ring", "Unknown"] as const)))
}

type Disabled = { disabled: boolean; disabledReason: string | null }

const reasons: Record<string, string> = {
  gone: "Disabled: answered 410",
  failing: "Disabled: failing",
  manual: "Disabled",
}

/** An endpoint's status; `failingSince` if known. */
export function endpointStatus(endpoint: Disabled, failingSince: string | null = null): Html {
  const { disabled, disabledReason } = endpoint
  if (disabled) return status("held", "pause", reasons[disabledReason ?? "manual"] ?? "Disabled")
  return failingSince === null
    ? status("ok", "check", "Enabled")
    : status("warn", "triangle", "Failing")
}
