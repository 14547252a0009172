import { html } from "hono/html"
import { check, described, field } from "../form.ts"
import type { Html } from "../html.ts"
import type { EventType } from "../types.ts"

/**
 * The choice of event types and patterns. `campaign.*` comes before the single types of campaigns.
 */
export function eventTypesField(
  values: { eventTypes: string[] | null },
  eventTypes: EventType[],
  error: string | undefined,
): Html {
  const chosen = new Set(values.eventTypes ?? [])
  const families = Map.groupBy(eventTypes, ({ type }) => type.split(".")[0]!)
  const known = new Set([
    ...eventTypes.map(({ type }) => type),
    ...[...families.keys()].map((family) => `${family}.*`),
  ])
  const others = [...chosen].filter((each) => !known.has(each))
  return html`<fieldset class="field">
    <legend>Events</legend>
    <div class="choices">
      <label class="check"
        ><input
          type="radio"
          name="which"
          value="all"
          ${values.eventTypes === null ? html`checked` : ""}
        />
        <span>All, except those about calls</span></label
      >
      <label class="check"
        ><input
          type="radio"
          name="which"
          value="some"
          ${values.eventTypes === null ? "" : html`checked`}
        />
        <span>Selected events</span></label
      >
    </div>
    ${error ? html`<p class="error">${error}</p>` : ""}
    <details class="more" ${values.eventTypes !== null || error ? html`open` : ""}>
      <summary>Choose events</summary>
      <div class="stack">
        ${[...families].map(
          ([family, types]) =>
            html`<fieldset>
              <legend>${familyWords[family] ?? family}</legend>
              <div class="picks">
                ${types.length > 1 ? check("eventTypes", `${family}.*`, chosen.has(`${family}.*`), html`<code>${family}.*</code> <span class="dim">all of them</span>`) : ""}
                ${types.map(({ type }) => check("eventTypes", type, chosen.has(type), html`<code>${type}</code>`))}
              </div>
            </fieldset>`,
        )}
        ${field({
          id: "patterns",
          label: "Additional types or patterns",
          control: html`<input
            id="patterns"
            name="patterns"
            type="text"
            class="mono"
            spellcheck="false"
            value="${others.join(", ")}"
            placeholder="ami.hangup, *"
            ${described("patterns", undefined)}
          />`,
          hint: html`<code>ami.</code> types are other AMI events that a collector is configured to
            send.`,
        })}
      </div>
    </details>
  </fieldset>`
}

const familyWords: Record<string, string> = {
  call: "Calls, for CRMs",
  campaign: "Campaigns",
  plan: "Plans",
  dlma: "Dial lists",
  destination: "Destinations",
  dialing: "Dialings: each step of a call",
  dllist: "Rows of dial lists",
  queue: "Queues",
  endpoint: "Your other endpoints",
  delivery: "Your deliveries",
  source: "Your PBXes",
}
