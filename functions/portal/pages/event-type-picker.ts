import { html } from "hono/html"
import { check, described, field } from "../form.ts"
import type { Html } from "../html.ts"
import type { EventType } from "../types.ts"

/** Where patterns and types stand together: `campaign.*` goes before the campaign's own. */
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
        <span>Those chosen here</span></label
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
          label: "Further types or patterns",
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
          hint: html`<code>ami.</code> types are those that a collector is set to send beside the
            dialler's own.`,
        })}
      </div>
    </details>
  </fieldset>`
}

const familyWords: Record<string, string> = {
  call: "Calls: what a CRM wants to know",
  campaign: "Campaigns",
  plan: "Plans",
  dlma: "Dial lists",
  destination: "Destinations",
  dialing: "Dialings: every step of each call",
  dllist: "Rows of dial lists",
  queue: "Queues",
  endpoint: "Other endpoints of yours",
  delivery: "Deliveries of yours",
  source: "PBXes of yours",
}
