import { connectorOf, type ConnectorSettings } from "@ringback/connectors/kinds"
import type { Answer, Request } from "@ringback/connectors/step"
import type { Endpoint } from "@ringback/store/endpoint"
import type { OAuth } from "@ringback/webhooks/endpoint-auth"
import { loopbackOf } from "@ringback/webhooks/loopback"
import type { Step } from "@ringback/webhooks/attempt-outcome"
import { ATTEMPT_LIMIT_MS } from "@ringback/webhooks/send"
import type { OutboundDeps } from "./deps.ts"
import { MIN_LEFT_MS } from "./token.ts"

const MAX_REQUESTS = 6

/** A request that got no response, or exceeded the maximum number of requests. */
export class NoAnswerError extends Error {}

/** An endpoint's CRM, for one attempt. */
export type Crm = {
  /** Throws NoAnswerError. */
  send: (request: Request) => Promise<Answer>
  /** The requests made so far. */
  steps: Step[]
  durationMs: () => number
}

/** `limitMs`: the maximum duration of the attempt. */
export function openCrm(
  deps: OutboundDeps,
  endpoint: Endpoint,
  settings: ConnectorSettings,
  limitMs = ATTEMPT_LIMIT_MS,
): Crm {
  const startedAt = performance.now()
  const durationMs = () => Math.round(performance.now() - startedAt)
  const steps: Step[] = []
  const connector = connectorOf(settings.kind)
  const place = placeOf(deps, settings)
  const allowedLoopback = loopbackOf(place.baseUrl) ?? null
  let requests = 0
  let refused: string | undefined
  let isRenewed = false

  async function send(request: Request): Promise<Answer> {
    const answer = await ask(request)
    if (answer.statusCode !== 401 || settings.auth.type !== "oauth2" || isRenewed) return answer
    // Once per attempt: a second rejection has another cause, and the connector reports what it may
    // be.
    isRenewed = true
    return ask(request)
  }

  async function ask({ purpose, method, path, headers, body }: Request): Promise<Answer> {
    if (++requests > MAX_REQUESTS)
      throw new NoAnswerError(`more than ${MAX_REQUESTS} requests are needed`)
    const authorization = await authorize()
    const leftMs = limitMs - durationMs()
    if (leftMs < MIN_LEFT_MS) throw new NoAnswerError(`no time is left to ${purpose}`)
    const url = place.baseUrl + path
    const at = deps.table.now()
    const answer = await deps.sender.ask({
      endpointId: endpoint.id,
      url,
      allowedLoopback,
      method,
      headers: {
        accept: "application/json",
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
        ...authorization,
      },
      body: body === undefined ? null : JSON.stringify(body),
      limitMs: leftMs,
    })
    const statusCode = "error" in answer ? null : answer.statusCode
    steps.push({ method, url, statusCode, durationMs: answer.durationMs, at, purpose })
    if ("error" in answer) throw new NoAnswerError(`could not ${purpose}: ${answer.error}`)
    return { statusCode: answer.statusCode, headers: answer.headers, body: parse(answer.body) }
  }

  async function authorize(): Promise<Record<string, string>> {
    const { auth } = settings
    if (auth.type === "bearer") return connector.authorize(auth.token, true)
    const source = {
      whose: {
        tenant: endpoint.tenant,
        endpointId: endpoint.id,
        credentials: endpoint.auth ?? "",
        revision: endpoint.revision,
      },
      auth: { ...auth, tokenUrl: place.tokenUrl } as OAuth,
      client: place.client,
      limitMs: limitMs - durationMs(),
      allowedLoopback,
      onStep: (step: Step) => void steps.push(step),
    }
    const fetched = await deps.tokens.get(source, isRenewed ? refused : undefined)
    if ("problem" in fetched)
      throw new NoAnswerError(`cannot sign in: ${fetched.problem}; check connector.auth`)
    if (!isRenewed) refused = fetched.token
    return connector.authorize(fetched.token, false)
  }

  return { send, steps, durationMs }
}

/** The URL of the CRM: fixed by its kind and settings, except for a stand-in on one machine. */
function placeOf({ crmUrls }: Pick<OutboundDeps, "crmUrls">, settings: ConnectorSettings) {
  const connector = connectorOf(settings.kind)
  const { url, client } = connector.tokenSource(settings)
  const standIn = crmUrls?.[settings.kind]?.replace(/\/$/, "")
  return standIn === undefined
    ? { baseUrl: connector.baseUrl(settings), tokenUrl: url, client }
    : { baseUrl: standIn, tokenUrl: standIn + new URL(url).pathname, client }
}

function parse(body: string): unknown {
  if (body === "") return null
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}
