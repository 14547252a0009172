import { RETRY_AFTER_STATUSES } from "@ringback/webhooks/pausing-statuses"
import { refTo } from "./component-names.ts"
import type { JsonSchema } from "./json-schema.ts"
import { problems, type ProblemCode } from "./problem.ts"
import type { Access } from "./key-scopes.ts"
import type { Route } from "./route.ts"

// The parts of the document that the schemas do not contain.

export const info = {
  title: "Ringback admin API",
  summary: "Webhooks from a call centre's Asterisk",
  description: [
    "Ringback turns the events of a call centre's Asterisk into signed webhooks and loses none.",
    "This API configures the receivers and shows the status of each delivery.",
    "",
    "**Keys.** `Authorization: Bearer KEY`. The operator's key has access to every tenant. A tenant's key (`rbk_...`) has access to its own tenant only. A key with scope `read` can GET and preview, and never sees a secret: header values and what follows the origin of a `url` are masked, credentials are never shown. It sees transforms, so put no secret in them.",
    "",
    "**Limits.** A body can have up to 64 KB (413). Request headers can have up to 16 KB, or 10 KB behind API Gateway. Larger headers get a 431 from the server in front, without a problem body. A tenant can have up to eight requests at once that wait: for messages, tests, counts of recoveries, previews, slow DNS or the answer to an Idempotency-Key (429). Four of a tenant's reads run at once in a process, and 40 more wait (429).",
    "",
    "**Lists** are newest first: `?limit=1..250&cursor=`, where the cursor is the `nextCursor` of the previous page. It stays valid while items are added, and only for the same query.",
    "",
    "**Repeating a POST.** With an `Idempotency-Key` the same request has one effect and, for 24 hours, one answer. Fetched messages are the same for a minute; a preview is made anew. While the first is in progress, the others wait for up to one second and then get a 409.",
    "",
    "**Concurrent changes.** Send the `ETag` back as `If-Match`. 412 means that someone else changed the resource first.",
    "",
    "**Errors** are `application/problem+json` (RFC 9457). Programs should check `code`, which never changes its meaning.",
  ].join("\n"),
  license: { name: "MIT", identifier: "MIT" },
}

export const tags = [
  {
    name: "Tenants",
    description: "The customers of the call centre. Every resource belongs to one.",
  },
  { name: "Keys", description: "API keys for a tenant's own programs." },
  { name: "Portal", description: "Links that open the portal, the web pages for people." },
  { name: "Sources", description: "The PBXes that send events." },
  {
    name: "Endpoints",
    description: "The receivers of webhooks: URL, event types, rate limit, signature.",
  },
  {
    name: "Messages",
    description:
      "Webhooks for receivers that cannot be reached: the receivers fetch and acknowledge them.",
  },
  { name: "Event types", description: "All event types, with schemas and examples." },
  { name: "Events", description: "The event log." },
  {
    name: "Deliveries",
    description: "The delivery log: what was sent, to which endpoint, and the response.",
  },
  { name: "Audit", description: "Who changed what, and when. Never a secret." },
  { name: "Operation", description: "For the operator, across all tenants." },
  { name: "Service", description: "The API itself." },
  {
    name: "Webhooks",
    description:
      "What endpoints receive: a POST as in Standard Webhooks 1.0. 2xx within 15 s is success. 410 disables the endpoint. Everything else is tried again: ten attempts in all, over 75 hours.",
  },
]

export const securitySchemes = {
  operatorKey: { type: "http", scheme: "bearer", description: "Has access to every tenant" },
  tenantKey: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "rbk_TENANT_KEY_SECRET",
    description: "Has access to its own tenant only",
  },
  sourceToken: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "rbs_TENANT_SOURCE_KEY_SECRET",
    description: "Identifies a collector's source, and gives access to nothing else",
  },
}

const both = [{ operatorKey: [] }, { tenantKey: [] }]

export const security: Record<Access, JsonSchema[]> = {
  open: [],
  operator: [{ operatorKey: [] }],
  tenant: both,
  key: both,
  source: [{ sourceToken: [] }],
}

const header = (description: string, example: string) => ({
  description,
  schema: { type: "string", examples: [example] },
})

const requestId = { "X-Request-Id": header("Identifies this request in our logs", "3f0c9a7e-...") }

export const answerHeaders = (route: Route): JsonSchema => ({
  ...requestId,
  ...(route.hasRevision && { ETag: header("The revision of the resource, for If-Match", '"1"') }),
  ...(route.answers[201] && route.hasRevision
    ? {
        Location: header(
          "The URL of the new resource",
          "/v1/tenants/ten_06fzk3vq8r2m5x0c9d7g4h1jtw",
        ),
      }
    : {}),
  ...(route.method === "post" && {
    "Idempotency-Replayed": header(
      "The response repeats that of an earlier request with the same key",
      "true",
    ),
  }),
})

export const problemHeaders = (codes: ProblemCode[]): JsonSchema => ({
  ...requestId,
  ...(codes.includes("auth.missing") && {
    "WWW-Authenticate": header("How to authenticate", 'Bearer realm="ringback"'),
  }),
  ...(codes.includes("rate_limit.exceeded") && {
    "Retry-After": header("Seconds until another request is accepted", "1"),
    "RateLimit-Limit": header("Requests per second", "100"),
    "RateLimit-Remaining": header("Requests left now", "0"),
    "RateLimit-Reset": header("Seconds until the limit is fully available again", "1"),
  }),
})

export const requestHeaders = (route: Route): JsonSchema[] => [
  ...(route.method === "post"
    ? [
        {
          name: "Idempotency-Key",
          in: "header",
          required: false,
          description:
            "Up to 255 printable characters, such as a UUID. The request has one effect, however often it is sent",
          schema: { type: "string", minLength: 1, maxLength: 255 },
        },
      ]
    : []),
  ...(route.method === "patch" && route.hasRevision
    ? [
        {
          name: "If-Match",
          in: "header",
          required: false,
          description: "The ETag that was read. 412 if the resource has another one now",
          schema: { type: "string", examples: ['"1"'] },
        },
      ]
    : []),
]

export function problemExample(code: ProblemCode): JsonSchema {
  const [status, title] = problems[code]
  return {
    type: `/docs#${code}`,
    title,
    status,
    code,
    ...(code === "request.invalid" && {
      errors: [{ path: "/limit", message: "must be at most 250" }],
    }),
    requestId: "3f0c9a7e-5b1e-4f6a-9c3d-0a1b2c3d4e5f",
  }
}

const webhookHeader = (name: string, description: string, example: string) => ({
  name,
  in: "header",
  required: true,
  description,
  schema: { type: "string", examples: [example] },
})

export const webhookHeaders = [
  webhookHeader(
    "webhook-id",
    "The event's id: the same on every attempt, replay and endpoint",
    "evt_32mhns9q8r2m5x0c9d7g4h1jtw0a1b2c",
  ),
  webhookHeader("webhook-timestamp", "Unix seconds of this attempt", "1795328860"),
  webhookHeader(
    "webhook-signature",
    "One signature for each valid secret: v1 and base64 of HMAC-SHA256 over `id.timestamp.body`, or v1a (ed25519)",
    "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
  ),
  webhookHeader(
    "traceparent",
    "W3C Trace Context. The trace id belongs to the event and is the same on every attempt and endpoint. The span is this attempt",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
  ),
]

export const webhookResponses = {
  "2XX": { description: "Delivered" },
  "410": { description: "The receiver is gone: the endpoint is disabled" },
  default: {
    description: `Tried again later. Retry-After is respected on ${RETRY_AFTER_STATUSES.join(" and ")}`,
  },
}

export const webhookCallbacks = {
  webhook: {
    "{$request.body#/url}": {
      post: {
        operationId: "onWebhook",
        summary: "A webhook, as under `webhooks`",
        parameters: webhookHeaders,
        requestBody: {
          required: true,
          content: { "application/json": { schema: refTo("Webhook") } },
        },
        responses: webhookResponses,
      },
    },
  },
}
