import { html } from "hono/html"
import { nothing, type Html } from "../html.ts"

const byStatus: [test: (status: number) => boolean, text: string][] = [
  [
    (s) => s === 401 || s === 403,
    "Your server wants to know who calls. Give the endpoint the header that it expects, or let the webhook's signature be the proof.",
  ],
  [
    (s) => s === 404 || s === 405,
    "Your server is there, but takes no POST at this path. Compare the endpoint's address with your server's route.",
  ],
  [
    (s) => s === 410,
    "410 asks for no more, so the endpoint is disabled and what arrives is held. Enable it when your server is back.",
  ],
  [
    (s) => s === 413,
    "The webhook is larger than your server takes: events may have some hundred KB.",
  ],
  [
    (s) => s === 429,
    "Your server asks for less at a time. Give the endpoint a rate limit; Retry-After is obeyed.",
  ],
  [
    (s) => s >= 300 && s < 400,
    "Redirects are not followed. Set the endpoint to the address it leads to.",
  ],
  [
    (s) => s === 400 || s === 415 || s === 422,
    "Your server did not understand the webhook. Its answer, if it said more, is below; the event catalog has every field.",
  ],
  [
    (s) => s === 502 || s === 503 || s === 504,
    "What stands in front of your server did not reach it. It may be down, or starting.",
  ],
  [(s) => s >= 500, "Your server broke while it took the webhook. Its own log has the cause."],
]

const byText: [RegExp, string][] = [
  [/^DNS:/, "The name in the endpoint's address does not exist, or could not be looked up."],
  [
    /certificate|^TLS:/i,
    "Your server's certificate does not hold. It must be for this name, in date, and sent with its intermediate certificates.",
  ],
  [
    /refused/,
    "Nothing listens at that address and port. The server may be down, or the port another one.",
  ],
  [
    /timed out|no answer/i,
    "Your server took too long. Answer 2xx at once, and do the work afterwards.",
  ],
  [
    /not public|private|may not be dialled|refused address/i,
    "The address leads into a private network, which is not dialled.",
  ],
  [/closed before/, "The connection ended before an answer. A proxy or the server itself gave up."],
]

/** Why an attempt failed and what mends it, in a sentence; nothing where its own words say all. */
export function whyHtml(statusCode: number | null, error: string | null): Html {
  const found =
    statusCode === null
      ? byText.find(([pattern]) => pattern.test(error ?? ""))?.[1]
      : byStatus.find(([test]) => test(statusCode))?.[1]
  return found ? html`<p>${found}</p>` : nothing
}
