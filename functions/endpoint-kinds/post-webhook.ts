import { formatTraceparent } from "@ringback/events/trace"
import * as Endpoint from "@ringback/store/endpoint"
import { authHeaderName, authHeaders, type Auth } from "@ringback/webhooks/endpoint-auth"
import { failedOutcome, type Outcome, type Step } from "@ringback/webhooks/attempt-outcome"
import { signatureHeaders } from "@ringback/webhooks/sign"
import { requestOf, type Transformed } from "@ringback/webhooks/transform"
import type { OutboundDeps, Sendable, Traced } from "./deps.ts"
import { countdown, MIN_LEFT_MS } from "./token.ts"

type Shaped = Extract<Transformed, { result: "send" }>

/**
 * Sends a webhook as its endpoint is configured: transformed, signed, with the endpoint's own
 * credentials.
 */
export async function postWebhook(
  deps: OutboundDeps,
  endpoint: Endpoint.PushEndpoint,
  event: Traced,
): Promise<Outcome> {
  const auth = Endpoint.openAuth(deps.table, endpoint) as Auth | undefined
  const limitMs = deps.limitMs ?? (auth?.type === "oauth2" ? OAUTH_LIMIT_MS : undefined)
  const left = countdown(limitMs ?? Infinity)
  const shaped = await shape(deps, endpoint, { event, auth, realm: endpoint.tenant })
  if (shaped.result !== "send") return outcomeOf(shaped)
  if (left() < MIN_LEFT_MS) return { ...failedOutcome(NO_TIME, 0), isNeutral: true }
  const { table, sender } = deps
  const { id: endpointId, allowedLoopback, headers } = endpoint
  const signature = signatureHeaders({
    id: event.id,
    timestampSeconds: Math.floor(table.now() / 1000),
    body: shaped.body,
    secrets: Endpoint.openSecrets(table, endpoint),
  })
  const traceparent = formatTraceparent(event.trace, event.span, event.isKept)
  const post = (token?: string) =>
    sender.send({
      ...(limitMs !== undefined && { limitMs: Math.max(left(), MIN_LEFT_MS) }),
      endpointId,
      url: urlOf(endpoint.url, shaped.path),
      allowedLoopback,
      method: shaped.method,
      contentType: shaped.contentType,
      headers: {
        ...headers,
        ...shaped.headers,
        ...authHeaders(auth ?? null, token),
        ...signature,
        traceparent,
      },
      body: shaped.body,
    })
  if (auth?.type !== "oauth2") return post()

  const steps: Step[] = []
  const whose = {
    tenant: endpoint.tenant,
    endpointId,
    credentials: endpoint.auth ?? "",
    revision: endpoint.revision,
  }
  const source = {
    whose,
    auth,
    client: undefined,
    allowedLoopback: allowedLoopback ?? null,
    onStep: (step: Step) => void steps.push(step),
  }
  const limited = () => ({ ...source, limitMs: left() })
  const fetched = await deps.tokens.get(limited())
  if ("problem" in fetched) return withSteps(failedOutcome(fetched.problem, 0), steps)
  if (left() < MIN_LEFT_MS)
    return withSteps(failedOutcome("signing in left no time to send", 0), steps)
  const outcome = await post(fetched.token)
  if (outcome.statusCode !== 401) return withSteps(outcome, steps)
  const renewed = await deps.tokens.get(limited(), fetched.token)
  if ("problem" in renewed) return withSteps({ ...outcome, error: renewed.problem }, steps)
  const repeated = await post(renewed.token)
  const mayHaveArrived = repeated.mayHaveArrived || (outcome.mayHaveArrived && !repeated.ok)
  return withSteps({ ...repeated, mayHaveArrived }, steps)
}

// The maximum for the whole attempt: the transform, signing in, the POST, and the last two once more after a 401.
const OAUTH_LIMIT_MS = 20_000

const NO_TIME = "the transform left no time to send"

const withSteps = (outcome: Outcome, steps: Step[]): Outcome =>
  steps.length > 0 ? { ...outcome, steps } : outcome

const urlOf = (url: string, path: string | null) =>
  path === null ? url : new URL(path, new URL(url).origin).href

const AS_IT_IS = {
  result: "send",
  method: "POST",
  path: null,
  headers: {},
  contentType: "application/json",
} as const

/**
 * The result of the endpoint's transform for an event, or the webhook itself if there is no
 * transform. `realm`: see `Sandbox`.
 */
export async function shape(
  { sandbox }: Pick<OutboundDeps, "sandbox">,
  { url, transform }: Pick<Endpoint.PushEndpoint, "url" | "transform">,
  { event, auth, realm }: { event: Sendable; auth: Auth | undefined; realm: string },
): Promise<Transformed> {
  if (transform == null) return { ...AS_IT_IS, body: event.body }
  const evaluated = await (await sandbox()).evaluate(realm, transform, event.body)
  const authHeader = authHeaderName(auth ?? null)
  return requestOf(evaluated, { url, body: event.body, authHeader })
}

function outcomeOf(shaped: Exclude<Transformed, Shaped>): Outcome {
  if (shaped.result === "unwanted") {
    const reason = "not wanted by its transform"
    return { ...failedOutcome(reason, 0), isNeutral: true, final: { status: "discarded", reason } }
  }
  const { result, reason } = shaped
  const outcome = failedOutcome(reason, 0)
  // A transform that runs out of time is the endpoint's fault, and counts for its breaker.
  if (result === "late") return outcome
  const neutral = { ...outcome, isNeutral: true }
  return result === "busy" ? neutral : { ...neutral, final: { status: "failed", reason } }
}
