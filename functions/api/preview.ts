import { findEventType } from "@ringback/events/documented-event-types"
import { ConnectorChanges, ConnectorSettings } from "@ringback/connectors/kinds"
import * as Event from "@ringback/store/event"
import type { Auth } from "@ringback/webhooks/endpoint-auth"
import { wants } from "@ringback/webhooks/subscription"
import * as v from "valibot"
import { bodyOf } from "../dispatch/stored-event-body.ts"
import type { Deps } from "./deps.ts"
import { checkEndpoint } from "./endpoint-check.ts"
import { EndpointChanges } from "./endpoint-schema.ts"
import { exampleWebhook, typeFor } from "./example-webhook.ts"
import { checkOutbound } from "./outbound-check.ts"
import { AuthInput, Transform } from "./outbound-schema.ts"
import { invalid, notFound } from "./problem.ts"
import { route } from "./route.ts"
import { waitFor } from "./waiting.ts"

const { url, headers, filter, eventTypes } = EndpointChanges.entries

const EXAMPLE_URL = "https://example.com/"

export const PreviewInput = v.pipe(
  v.strictObject({
    url: v.pipe(v.exactOptional(url.wrapped), v.description(`Left out: ${EXAMPLE_URL}`)),
    transform: v.exactOptional(v.nullable(Transform)),
    auth: v.exactOptional(v.nullable(AuthInput)),
    connector: v.exactOptional(
      v.pipe(ConnectorChanges, v.description("`auth` can be omitted: nothing is sent")),
    ),
    headers: v.exactOptional(headers.wrapped),
    filter: v.exactOptional(filter.wrapped),
    eventTypes: v.exactOptional(eventTypes.wrapped),
    event: v.pipe(
      v.exactOptional(v.pipe(v.string(), v.maxLength(100))),
      v.description(
        "An event type, for its example, or an event's id. If omitted: a type that the endpoint subscribes to",
      ),
      v.examples(["call.completed"]),
    ),
  }),
  v.examples([
    { transform: '{"text": data.name & " is now " & data.statusName}', event: "campaign.updated" },
  ]),
)
type PreviewInput = v.InferOutput<typeof PreviewInput>

export const PreviewAnswer = v.object({
  matches: v.pipe(v.boolean(), v.description("Whether eventTypes and filter match this event")),
  requests: v.pipe(
    v.array(
      v.object({
        method: v.string(),
        url: v.string(),
        headers: v.pipe(v.record(v.string(), v.string()), v.description("Secrets are masked")),
        body: v.nullable(v.string()),
      }),
    ),
    v.description("A connector's requests are shown as if each one found what it looks for"),
  ),
  error: v.pipe(
    v.nullable(v.string()),
    v.description("Why nothing, or nothing further, would be sent"),
    v.examples([null]),
  ),
})

export const previewRoutes = [
  route({
    method: "post",
    path: "/v1/tenants/{tenantId}/endpoints/preview",
    access: "tenant",
    scope: "read",
    operationId: "previewEndpoint",
    tag: "Endpoints",
    summary: "Preview what would be sent to an endpoint",
    description: "No request is made.",
    body: PreviewInput,
    answers: { 200: { description: "The requests", schema: PreviewAnswer } },
    async handle({ deps, tenant, body }) {
      if (body.connector && body.url !== undefined) throw invalid("/url", "A connector has none")
      if (body.connector && body.transform != null)
        throw invalid("/transform", "A connector has none")
      await checkEndpoint(deps, tenant.id, body)
      await checkOutbound(deps, tenant.id, body, {})
      const event = await eventOf(deps, tenant.id, body)
      const webhook = JSON.parse(event.body) as { type: string; source: string | null }
      const matches = wants(
        {
          eventTypes: body.eventTypes ?? null,
          sources: null,
          filter: body.filter ?? null,
          connector: body.connector ?? null,
        },
        { ...webhook, webhook },
      )
      return {
        status: 200,
        body: {
          matches,
          ...(await inTurn(deps, tenant.id, body, () => previewOf(deps, tenant.id, body, event))),
        },
        isNoChange: true,
        keptMs: 0,
      }
    },
  }),
]

/**
 * The number of concurrent evaluations of tenants' expressions is limited, because all of them
 * share one process.
 */
async function inTurn<T>(
  { table }: Deps,
  tenant: string,
  { transform, connector }: PreviewInput,
  run: () => Promise<T>,
): Promise<T> {
  if (transform == null && connector?.map == null) return run()
  return waitFor(table, { kind: "PREVIEW", tenant }, run)
}

async function previewOf(
  { testOutbound }: Deps,
  tenant: string,
  body: PreviewInput,
  event: { id: string; body: string },
) {
  const { previewLog, previewSend } = await import("../endpoint-kinds/preview.ts")
  const { connector, transform = null, auth, headers: own = {} } = body
  const previewDeps = { ...testOutbound.deps, realm: `preview/${tenant}` }
  if (!connector) {
    const endpoint = { url: body.url ?? EXAMPLE_URL, transform, headers: own }
    return previewSend(previewDeps, endpoint, (auth ?? undefined) as Auth | undefined, event)
  }
  return previewLog(previewDeps, withAuth(connector), event)
}

// The preview neither needs nor shows the token.
function withAuth(connector: ConnectorChanges): ConnectorSettings {
  const oauth = { type: "oauth2", clientId: "-", clientSecret: "-" }
  const stand = [
    connector.auth,
    { type: "bearer", token: "-" },
    { ...oauth, grant: "client_credentials" },
    { ...oauth, grant: "refresh_token", refreshToken: "-" },
  ]
  for (const auth of stand) {
    const parsed = v.safeParse(ConnectorSettings, { ...connector, auth })
    if (parsed.success) return parsed.output
  }
  throw new Error(`No credentials fit ${connector.kind}`)
}

async function eventOf({ table }: Deps, tenant: string, body: PreviewInput) {
  const { event: asked, eventTypes: wanted = null, connector = null } = body
  if (asked?.startsWith("evt_")) {
    const event = await Event.get(table, tenant, asked, { consistent: true })
    if (!event) throw notFound("event")
    return { id: asked, body: bodyOf(tenant, event) }
  }
  const type = asked ?? typeFor({ eventTypes: wanted, connector })
  if (!findEventType(type)) throw invalid("/event", "There is no such event type, nor event")
  return exampleWebhook(type, tenant, table.now())!
}
