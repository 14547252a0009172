import { connectorOf, logSteps, type ConnectorSettings } from "@ringback/connectors/kinds"
import { requestsOf } from "@ringback/connectors/run"
import { authHeaders, type Auth } from "@ringback/webhooks/endpoint-auth"
import { fieldsOf } from "./log-call.ts"
import type { OutboundDeps, Sendable } from "./deps.ts"
import { shape } from "./post-webhook.ts"

export type ShownRequest = {
  method: string
  url: string
  headers: Record<string, string>
  body: string | null
}

/** The requests that would be sent, or the reason why none would be. */
export type Preview = { requests: ShownRequest[]; error: string | null }

const MASK = "********"

type PreviewDeps = Pick<OutboundDeps, "sandbox"> & {
  /** Where the expressions are evaluated. No delivery is, because a key that only reads can preview. */
  realm: string
}

/** The request of an endpoint with a URL. */
export async function previewSend(
  deps: PreviewDeps,
  endpoint: { url: string; transform: string | null; headers: Record<string, string> },
  auth: Auth | undefined,
  event: Sendable,
): Promise<Preview> {
  const shaped = await shape(deps, endpoint, { event, auth, realm: deps.realm })
  if (shaped.result === "unwanted") return { requests: [], error: "not wanted by its transform" }
  if (shaped.result !== "send") return { requests: [], error: shaped.reason }
  const names = [...Object.keys(endpoint.headers), ...Object.keys(authHeaders(auth ?? null, "-"))]
  const headers = {
    ...masked(names),
    ...shaped.headers,
    "content-type": shaped.contentType,
    "webhook-id": event.id,
    ...masked(["webhook-timestamp", "webhook-signature"]),
  }
  const url = shaped.path === null ? endpoint.url : new URL(shaped.path, endpoint.url).href
  return { requests: [{ method: shaped.method, url, headers, body: shaped.body }], error: null }
}

/** The requests of a connector, each with an example of a successful response. */
export async function previewLog(
  deps: PreviewDeps,
  settings: ConnectorSettings,
  event: Sendable,
): Promise<Preview> {
  const fields = await fieldsOf(deps, settings, { realm: deps.realm, body: event.body })
  if ("outcome" in fields) return { requests: [], error: fields.outcome.error }
  const connector = connectorOf(settings.kind)
  const webhook: unknown = JSON.parse(event.body)
  const memory = { call: {}, endpoint: {} }
  const steps = logSteps({ webhook, settings, fields: fields.values, memory })
  const { requests, end } = requestsOf(steps)
  const isOwn = settings.auth.type === "bearer"
  return {
    requests: requests.map(({ method, path, headers, body }) => ({
      method,
      url: connector.baseUrl(settings) + path,
      headers: {
        ...headers,
        ...masked(Object.keys(connector.authorize("-", isOwn))),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    })),
    error: end.end === "logged" ? null : end.words,
  }
}

const masked = (names: string[]) => Object.fromEntries(names.map((name) => [name, MASK]))
