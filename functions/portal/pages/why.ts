import { html } from "hono/html"
import { nothing, type Html } from "../html.ts"

const byStatus: [test: (status: number) => boolean, text: string][] = [
  [
    (s) => s === 401 || s === 403,
    "Your server requires authentication. Set the endpoint's authentication, or let your server verify the webhook's signature instead.",
  ],
  [
    (s) => s === 404 || s === 405,
    "Your server answers, but does not accept a POST at this path. Compare the endpoint's URL with your server's routes.",
  ],
  [
    (s) => s === 410,
    "410 asks Ringback to stop sending, so the endpoint is disabled and new deliveries are held. Enable it when your server is ready.",
  ],
  [
    (s) => s === 413,
    "The webhook is larger than your server accepts. Events may have several hundred KB.",
  ],
  [
    (s) => s === 429,
    "Your server limits the rate of requests. Set a rate limit for the endpoint. Retry-After is obeyed.",
  ],
  [
    (s) => s >= 300 && s < 400,
    "Redirects are not followed. Set the endpoint's URL to the redirect's target.",
  ],
  [
    (s) => s === 400 || s === 415 || s === 422,
    "Your server refused the webhook's content. If its answer has a reason, it is shown below. The event catalog lists all fields.",
  ],
  [
    (s) => s === 502 || s === 503 || s === 504,
    "The proxy in front of your server could not reach it. The server may be down or starting.",
  ],
  [
    (s) => s >= 500,
    "Your server failed while it processed the webhook. See its log for the cause.",
  ],
]

const byText: [RegExp, string][] = [
  [/^DNS:/, "The host name in the endpoint's URL does not exist or could not be resolved."],
  [
    /certificate|^TLS:/i,
    "Your server's certificate is not valid. It must be issued for this host name, must not be expired, and must be sent with its intermediate certificates.",
  ],
  [
    /refused/,
    "No server listens on that address and port. The server may be down, or the port may be wrong.",
  ],
  [
    /timed out|no answer/i,
    "Your server took too long. Answer 2xx first, and process the webhook afterwards.",
  ],
  [
    /not public|private|may not be dialled|refused address/i,
    "The host resolves to a private network. Ringback does not connect to private addresses.",
  ],
  [/closed before/, "The server or a proxy closed the connection before it answered."],
]

/** The cause of a failed attempt and how to fix it. Empty if the error text is clear by itself. */
export function whyHtml(statusCode: number | null, error: string | null): Html {
  const found =
    statusCode === null
      ? byText.find(([pattern]) => pattern.test(error ?? ""))?.[1]
      : byStatus.find(([test]) => test(statusCode))?.[1]
  return found ? html`<p>${found}</p>` : nothing
}
