import { html } from "hono/html"
import type * as v from "valibot"
import type { DeadLetterQueue as Queue, RedrivenQueue as Redriven } from "../../api/dead-letters.ts"
import type { LetterAnswer } from "../../api/queue-message.ts"
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
    const results = moved.body.data.map(
      (each) => `${each.queue}: ${number(each.moved)} sent again, about ${number(each.left)} left`,
    )
    return deadLettersView(visit, note("ok", results.join("; ")))
  }),
  rejected.show("/rejected", async ({ client }) => {
    const { count, data } = await client.get<{ count: number; data: Letter[] }>(
      "/rejected?limit=25",
    )
    const content = html`${heading({
        title: "Rejected messages",
        about:
          "Messages that ingest refused, with the reason: for example a wrong token or an unknown source. Kept for 14 days.",
        actions: html`<a class="button" href="/portal/rejected">Refresh</a>`,
      })}
      <section class="card">
        ${
          data.length === 0
            ? count > 0
              ? empty(
                  "Shown to somebody else",
                  `There are about ${number(count)} messages. A message that was shown is hidden from other requests for half a minute.`,
                )
              : empty(
                  "No rejected messages",
                  "All messages were signed by a known source. There is nothing to do.",
                )
            : html`<header>
                  <h2>About ${number(count)} ${count === 1 ? "message" : "messages"}</h2>
                </header>
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
      "Messages that a worker failed to process after all retries. Fix the cause, then redrive them.",
    actions: html`<a class="button" href="/portal/dead-letters">Refresh</a>`,
  })}
  ${outcome}
  ${
    isEmpty
      ? html`<section class="card">
          ${empty("No dead letters", "The workers processed all messages. There is nothing to do.")}
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
        question: html`Send the dead letters of <strong>${queue}</strong> back to their worker?
          Messages that still fail come back here.`,
        action: "/portal/dead-letters/redrive",
        yes: "Redrive",
        isDanger: false,
        fields: html`<input type="hidden" name="queue" value="${queue}" />`,
      })}
    </header>
    ${messages.length === 0 ? html`<div class="body dim">They were shown to somebody else. Refresh in half a minute.</div>` : lettersHtml(messages)}
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
                <summary>Content</summary>
                ${copyable(letter.body, `Content of message ${letter.id}`)}
              </details>
            </td>
            <td>${letter.tenantId === null ? "" : tenantLink(letter.tenantId)}</td>
            <td>${aboutHtml(letter)}</td>
            <td>${time(letter.sentAt)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`

// The ids come from the message, which anybody may have written. Only a well-formed id becomes a link.
const isId = (text: string) => /^[a-z]{2,3}_[0-9a-z]{26,32}$/.test(text)

const tenantLink = (id: string): Html =>
  isId(id)
    ? html`<a class="mono small" href="/portal/${id}">${id}</a>`
    : html`<code class="small">${id}</code>`

function aboutHtml({ tenantId, deliveryId, eventId, endpointId, sourceId }: Letter): Html {
  const [section, id] =
    deliveryId !== null
      ? ["deliveries", deliveryId]
      : eventId !== null
        ? ["events", eventId]
        : endpointId !== null
          ? ["endpoints", endpointId]
          : ["sources", sourceId]
  if (id === null) return nothing
  const canLink = tenantId !== null && isId(tenantId) && isId(id)
  return canLink
    ? html`<a class="mono small" href="/portal/${tenantId}/${section}/${id}">${id}</a>`
    : html`<code class="small">${id}</code>`
}
