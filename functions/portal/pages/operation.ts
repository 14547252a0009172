import { html } from "hono/html"
import type * as v from "valibot"
import type { DeadLetterQueue as Queue, RedrivenQueue as Redriven } from "../../api/dead-letters.ts"
import type { LetterAnswer } from "../../api/letter.ts"
import { confirm } from "../form.ts"
import { copyable, empty, heading, note, nothing, number, time, type Html } from "../html.ts"
import { operatorSection, type View, type Visit } from "../page.ts"
import { problemNote } from "../problem-view.ts"

type DeadLetterQueue = v.InferOutput<typeof Queue>
type RedrivenQueue = v.InferOutput<typeof Redriven>
type Letter = v.InferOutput<typeof LetterAnswer>

const dead = operatorSection("dead-letters")
const rejected = operatorSection("rejected")

export const operationPages = [
  dead.show("/dead-letters", (visit) => deadLettersView(visit, nothing)),
  dead.act("/dead-letters/redrive", async (visit) => {
    const queue = visit.form.get("queue") ?? ""
    const moved = await visit.client.ask<{ data: RedrivenQueue[] }>(
      "POST",
      "/dead-letters/redrive",
      {
        body: { queue },
      },
    )
    if (!moved.ok) return deadLettersView(visit, problemNote(moved.problem), moved.status)
    const said = moved.body.data.map(
      (each) => `${each.queue}: ${number(each.moved)} sent again, about ${number(each.left)} left`,
    )
    return deadLettersView(visit, note("ok", said.join("; ")))
  }),
  rejected.show("/rejected", async ({ client }) => {
    const { count, data } = await client.get<{ count: number; data: Letter[] }>(
      "/rejected?limit=25",
    )
    const content = html`${heading({
        title: "Rejected messages",
        about:
          "What ingest could not believe, and why: a wrong token, or a stranger. Kept for 14 days.",
        actions: html`<a class="button" href="/portal/rejected">Look again</a>`,
      })}
      <section class="card">
        ${
          data.length === 0
            ? count > 0
              ? empty(
                  "Somebody else is looking",
                  `About ${number(count)} messages are there. For half a minute nobody else sees what one look was shown.`,
                )
              : empty("None", "Every message that came was signed by a source that is known.")
            : html`<header><h2>About ${number(count)}</h2></header>
                ${lettersHtml(data)}`
        }
      </section>`
    return { title: "Rejected messages", content }
  }),
]

async function deadLettersView({ client }: Visit, outcome: Html, status = 200): Promise<View> {
  const { data } = await client.get<{ data: DeadLetterQueue[] }>("/dead-letters?limit=20")
  const isEmpty = data.every(({ count }) => count === 0)
  const content = html`${heading({
    title: "Dead letters",
    about:
      "What a worker could not do however often it tried. Mend the cause, then send them again.",
    actions: html`<a class="button" href="/portal/dead-letters">Look again</a>`,
  })}
  ${outcome}
  ${
    isEmpty
      ? html`<section class="card">
          ${empty("None", "The workers did all that they were given.")}
        </section>`
      : data.filter(({ count }) => count > 0).map(queueHtml)
  }`
  return { title: "Dead letters", content, status }
}

const queueHtml = ({ queue, count, messages }: DeadLetterQueue): Html =>
  html`<section class="card">
    <header>
      <h2>${queue} <span class="dim small">about ${number(count)}</span></h2>
      ${confirm({
        word: "Redrive…",
        question: html`Give the dead letters of <strong>${queue}</strong> back to their worker? What
          is not mended comes here again.`,
        action: "/portal/dead-letters/redrive",
        yes: "Send them again",
        isDanger: false,
        fields: html`<input type="hidden" name="queue" value="${queue}" />`,
      })}
    </header>
    ${messages.length === 0 ? html`<div class="body dim">Somebody else is looking at them: look again in half a minute.</div>` : lettersHtml(messages)}
  </section>`

const lettersHtml = (letters: Letter[]): Html =>
  html`<table class="list">
    <thead>
      <tr>
        <th>Message</th>
        <th>Tenant</th>
        <th>About</th>
        <th>Sent</th>
      </tr>
    </thead>
    <tbody>
      ${letters.map(
        (letter) =>
          html`<tr>
            <td class="wide">
              <strong>${letter.reason ?? letter.kind ?? "Unreadable"}</strong>
              <details class="more small">
                <summary>Its text</summary>
                ${copyable(letter.body, "The message's text")}
              </details>
            </td>
            <td>${letter.tenantId === null ? "" : tenantLink(letter.tenantId)}</td>
            <td>${aboutHtml(letter)}</td>
            <td>${time(letter.sentAt)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`

// As the message says itself: it may be anybody's, so only what looks like an id becomes an address.
const isId = (text: string) => /^[a-z]{2,3}_[0-9a-z]{26,32}$/.test(text)

const tenantLink = (id: string): Html =>
  isId(id)
    ? html`<a class="mono small" href="/portal/${id}">${id}</a>`
    : html`<code class="small">${id}</code>`

function aboutHtml({ tenantId, deliveryId, eventId, endpointId, sourceId }: Letter): Html {
  const [place, id] =
    deliveryId !== null
      ? ["deliveries", deliveryId]
      : eventId !== null
        ? ["events", eventId]
        : endpointId !== null
          ? ["endpoints", endpointId]
          : ["sources", sourceId]
  if (id === null) return nothing
  const isWhole = tenantId !== null && isId(tenantId) && isId(id)
  return isWhole
    ? html`<a class="mono small" href="/portal/${tenantId}/${place}/${id}">${id}</a>`
    : html`<code class="small">${id}</code>`
}
