import type * as v from "valibot"
import * as Endpoint from "@ringback/store/endpoint"
import type { Table } from "@ringback/store/table"
import { masked, type Auth } from "@ringback/webhooks/endpoint-auth"
import { publicKeyOf } from "@ringback/webhooks/secret"
import type { Caller } from "./authenticate.ts"
import type { EndpointAnswer, EndpointChanges } from "./endpoint-schema.ts"
import type { AuthAnswer, ConnectorAnswer } from "./outbound-schema.ts"
import { MASK, maskedUrl, seesMasked } from "./masked-url.ts"
import type { FieldError } from "./problem.ts"
import { formatMillis } from "./time.ts"

/** An endpoint as shown to the caller. A read-only key sees no header values, and the URL's origin. */
export function showEndpoint(
  table: Table,
  caller: Caller,
  endpoint: Endpoint.Endpoint,
  warnings: FieldError[] = [],
): v.InferOutput<typeof EndpointAnswer> {
  const isMasked = seesMasked(caller)
  const names = Object.keys(endpoint.headers)
  return {
    id: endpoint.id,
    url: endpoint.connector
      ? null
      : isMasked && endpoint.url
        ? maskedUrl(endpoint.url)
        : endpoint.url,
    ...outboundOf(table, endpoint),
    pull: endpoint.pull,
    eventTypes: endpoint.eventTypes,
    sources: endpoint.sources,
    filter: endpoint.filter as EndpointChanges["filter"] & {},
    order: endpoint.order,
    description: endpoint.description,
    headers: isMasked ? Object.fromEntries(names.map((name) => [name, MASK])) : endpoint.headers,
    rateLimit: endpoint.rateLimit,
    metadata: endpoint.metadata,
    signing: endpoint.signing,
    ...publicHalf(table, endpoint),
    disabled: endpoint.disabled,
    disabledReason: endpoint.disabledReason,
    createdAt: formatMillis(endpoint.createdAt),
    updatedAt: formatMillis(endpoint.updatedAt),
    ...(warnings.length > 0 && { warnings }),
  }
}

/** Credentials without their secret parts. */
function outboundOf(table: Table, endpoint: Endpoint.Endpoint) {
  const { transform = null, connector } = endpoint
  const opened = Endpoint.openAuth(table, endpoint) as Auth | undefined
  const auth = opened ? (masked(opened) as v.InferOutput<typeof AuthAnswer>) : null
  type Shown = v.InferOutput<typeof ConnectorAnswer>
  return connector
    ? { transform, auth: null, connector: { ...connector, auth } as Shown }
    : { transform, auth, connector: null }
}

function publicHalf(table: Table, endpoint: Endpoint.Endpoint): { publicKey?: string } {
  if (endpoint.signing === "hmac") return {}
  const publicKey = publicKeyOf(Endpoint.openSecrets(table, endpoint)[0]!)
  return publicKey === undefined ? {} : { publicKey }
}

/**
 * The parts of a secret that a response shows: a shared secret itself, but only the public half of
 * a key pair.
 */
export function showSecret(secret: string): { secret: string } | { publicKey: string } {
  const publicKey = publicKeyOf(secret)
  return publicKey === undefined ? { secret } : { publicKey }
}
