import { RETRY_AFTER_STATUSES } from "@ringback/webhooks/overload"
import { refTo } from "./component-names.ts"
import type { JsonSchema } from "./json-schema.ts"
import { problems, type ProblemCode } from "./problem.ts"
import type { Access } from "./auth.ts"
import type { Route } from "./route.ts"

// What a document needs to be read, and no schema says.

export const info = {
  title: "Ringback admin API",
  summary: "Webhooks from a call centre's Asterisk",
  description: [
    "Ringback turns what a call centre's Asterisk says into signed webhooks and loses nothing.",
    "This API sets up who receives them and shows what became of each.",
    "",
    "**Keys.** `Authorization: Bearer KEY`. The operator's key reaches every tenant, a tenant's key (`rbk_...`) its own tenant alone. One of scope `read` may GET and preview, and never sees a secret.",
    "",
    "**Limits.** A body may have 64 KB (413). Request headers may have 16 KB, 10 KB behind API Gateway: the server in front answers 431, without a body of ours.",
    "",
    "**Lists** are newest first: `?limit=1..250&cursor=`, where the cursor is the `nextCursor` of the page before. It stays good while things are added, and only for the same query.",
    "",
    "**Repeating a POST.** With an `Idempotency-Key` the same request has one effect and, for 24 hours, one answer.",
    "",
    "**Changing what others may change too.** An `ETag` goes back as `If-Match`; 412 says that somebody was faster.",
    "",
    "**Errors** are `application/problem+json` (RFC 9457). Programs go by `code`, which never changes its meaning.",
  ].join("\n"),
  license: { name: "MIT", identifier: "MIT" },
}

export const tags = [
  { name: "Tenants", description: "The customers of the call centre. Everything belongs to one." },
  { name: "Keys", description: "What a tenant's own programs use this API with." },
  { name: "Portal", description: "Pages for people, over this API: links that open them." },
  { name: "Sources", description: "The PBXes that events come from." },
  {
    name: "Endpoints",
    description: "The receivers of webhooks: where, what, how fast, signed how.",
  },
  { name: "Event types", description: "What can happen, with schemas and examples." },
  { name: "Events", description: "What happened: the event log." },
  { name: "Deliveries", description: "What was sent, to whom, and what was answered." },
  { name: "Audit", description: "Who changed what, and when. Never a secret." },
  { name: "Operation", description: "What the operator looks at: all tenants at once." },
  { name: "Service", description: "The API itself." },
  {
    name: "Webhooks",
    description:
      "What endpoints receive: a POST as in Standard Webhooks 1.0. 2xx within 15 s is success; 410 disables the endpoint; all else is tried again, ten times in three days.",
  },
]

export const securitySchemes = {
  operatorKey: { type: "http", scheme: "bearer", description: "Reaches every tenant" },
  tenantKey: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "rbk_TENANT_KEY_SECRET",
    description: "Reaches its own tenant alone",
  },
  sourceToken: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "rbs_TENANT_SOURCE_KEY_SECRET",
    description: "Of a collector: says whose it is, and reaches nothing",
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

const requestId = { "X-Request-Id": header("Names this request in our logs", "3f0c9a7e-...") }

export const answerHeaders = (route: Route): JsonSchema => ({
  ...requestId,
  ...(route.hasRevision && { ETag: header("Its revision, for If-Match", '"1"') }),
  ...(route.answers[201] && route.hasRevision
    ? { Location: header("Where it is", "/v1/tenants/ten_06fzk3vq8r2m5x0c9d7g4h1jtw") }
    : {}),
  ...(route.method === "post" && {
    "Idempotency-Replayed": header("The answer to an earlier request with that key", "true"),
  }),
})

export const problemHeaders = (codes: ProblemCode[]): JsonSchema => ({
  ...requestId,
  ...(codes.includes("auth.missing") && {
    "WWW-Authenticate": header("How to say who you are", 'Bearer realm="ringback"'),
  }),
  ...(codes.includes("rate_limit.exceeded") && {
    "Retry-After": header("Seconds until another request is taken", "1"),
    "RateLimit-Limit": header("Requests a second", "100"),
    "RateLimit-Remaining": header("How many are left now", "0"),
    "RateLimit-Reset": header("Seconds until all are there again", "1"),
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
            "Up to 255 printable characters, such as a UUID: one effect, however often sent",
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
          description: "The ETag that was read: 412 where it is another one now",
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
    "One for each valid secret: v1 and base64 of HMAC-SHA256 over `id.timestamp.body`, or v1a (ed25519)",
    "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
  ),
]

export const webhookResponses = {
  "2XX": { description: "Taken" },
  "410": { description: "Nobody is here any more: the endpoint is disabled" },
  default: {
    description: `Tried again later; Retry-After is obeyed on ${RETRY_AFTER_STATUSES.join(" and ")}`,
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
