import {
  connectorOf,
  type ConnectorChanges,
  type ConnectorSettings,
} from "@ringback/connectors/kinds"
import { openAuth, type Endpoint, type Permission, type Settings } from "@ringback/store/endpoint"
import type { Table } from "@ringback/store/table"
import { authHeaderName, type Auth } from "@ringback/webhooks/endpoint-auth"
import { headerProblems } from "@ringback/webhooks/headers"
import { NOT_CHECKED } from "@ringback/webhooks/expression"
import type { Deps } from "./deps.ts"
import { ProblemError, type FieldError } from "./problem.ts"
import { checkGivenUrl } from "./url-check.ts"

export type OutboundSettings = {
  transform?: string | null | undefined
  auth?: Auth | null | undefined
  connector?: ConnectorChanges | undefined
  headers?: Record<string, string> | undefined
  eventTypes?: string[] | null | undefined
}

/**
 * Checks transform, auth and connector beyond what a schema can check. Throws a problem if
 * something is wrong, and returns warnings otherwise.
 */
export async function checkOutbound(
  deps: Pick<Deps, "table" | "testOutbound" | "urlRules">,
  tenant: string,
  settings: OutboundSettings,
  { allowedLoopback = null }: Permission,
): Promise<FieldError[]> {
  const { auth, connector } = settings
  const [ofAuth, ...errors] = await Promise.all([
    checkAuth(deps, tenant, auth ?? undefined, allowedLoopback),
    expressionErrors(deps, tenant, "/transform", settings.transform),
    expressionErrors(deps, tenant, "/connector/map", connector?.map),
  ])
  refuse([
    ...errors.flat(),
    ...ofAuth.errors,
    ...headerErrors(auth, settings.headers),
    ...typeErrors(settings),
  ])
  return ofAuth.warnings
}

async function expressionErrors(
  { testOutbound }: Pick<Deps, "testOutbound">,
  tenant: string,
  path: string,
  expression: string | null | undefined,
): Promise<FieldError[]> {
  if (expression == null) return []
  const problem = await (await testOutbound.deps.sandbox()).check(tenant, expression)
  if (problem === NOT_CHECKED) return [{ path, message: problem }]
  return problem === undefined ? [] : [{ path, message: `is not valid JSONata: ${problem}` }]
}

async function checkAuth(
  deps: Pick<Deps, "table" | "urlRules">,
  tenant: string,
  auth: Auth | undefined,
  allowedLoopback: string | null,
): Promise<{ errors: FieldError[]; warnings: FieldError[] }> {
  if (auth?.type === "header") {
    const [problem] = headerProblems({ [auth.name]: auth.value })
    const errors = problem ? [{ path: "/auth", message: problem.message }] : []
    return { errors, warnings: [] }
  }
  if (auth?.type !== "oauth2") return { errors: [], warnings: [] }
  const path = "/auth/tokenUrl"
  const verdict = await checkGivenUrl(deps, tenant, { path, url: auth.tokenUrl, allowedLoopback })
  return verdict.ok
    ? { errors: [], warnings: verdict.warnings }
    : { errors: [{ path, message: verdict.reason }], warnings: [] }
}

function headerErrors(
  auth: Auth | null | undefined,
  headers: Record<string, string> = {},
): FieldError[] {
  const name = authHeaderName(auth ?? null)
  const twice = Object.keys(headers).find((each) => each.toLowerCase() === name)
  return twice === undefined
    ? []
    : [{ path: `/headers/${twice}`, message: "is set by auth: leave it out of one of them" }]
}

function typeErrors({ connector, eventTypes }: OutboundSettings): FieldError[] {
  if (!connector) return []
  return (eventTypes ?? []).flatMap((type, index) =>
    type.startsWith("call.")
      ? []
      : [{ path: `/eventTypes/${index}`, message: "A connector gets call.* only" }],
  )
}

// None of these settings apply to a connector, which has its own address and sign-in.
const NOT_WITH_CONNECTOR = ["url", "transform", "auth", "headers", "signing", "secret"] as const

/** Settings that only apply to a `url`, but are given with a connector. */
export function besideConnector(given: Record<string, unknown>): FieldError[] {
  return NOT_WITH_CONNECTOR.filter((name) => isGiven(given[name])).map((name) => ({
    path: `/${name}`,
    message: "A connector has none",
  }))
}

const isGiven = (value: unknown) =>
  value != null && !(typeof value === "object" && Object.keys(value).length === 0)

type Moved = { url?: string | null | undefined; auth?: unknown; connector?: unknown }

/**
 * Credentials are only sent to the host that they were given for. A `url` or a CRM account with
 * another host needs them again. `changes` as they are stored.
 */
export function movedAuthErrors(
  table: Table,
  before: Endpoint,
  { url, auth, connector }: Moved,
): FieldError[] {
  if (url == null || auth !== undefined || before.url === null) return []
  if (openAuth(table, before) === undefined || new URL(url).origin === new URL(before.url).origin)
    return []
  return connector
    ? [{ path: "/connector/auth", message: "The account has another host: give auth again" }]
    : [{ path: "/auth", message: "The url has another host: give auth again, or null" }]
}

/** Forbidden changes: an endpoint keeps its url, or its connector's kind. */
export function changeErrors(
  { connector }: Pick<Endpoint, "connector">,
  changes: Record<string, unknown> & {
    connector?: ConnectorChanges | undefined
    order?: string | undefined
  },
): FieldError[] {
  if (connector) {
    const isOther = changes.connector && changes.connector.kind !== connector.kind
    const message = `It is ${connector.kind}; make another endpoint for another CRM`
    const order = "A connector's order is latest"
    return [
      ...besideConnector(changes),
      ...(isOther ? [{ path: "/connector/kind", message }] : []),
      ...(changes.order === "any" ? [{ path: "/order", message: order }] : []),
    ]
  }
  return changes.connector
    ? [{ path: "/connector", message: "This endpoint has a url; make another one for a connector" }]
    : []
}

/** The settings that will apply together after the changes, as far as they depend on each other. */
export function afterChange(
  table: Table,
  before: Endpoint,
  { transform, auth, connector, headers, eventTypes }: OutboundSettings,
): OutboundSettings {
  const isNews = auth !== undefined || headers !== undefined
  const kept = before.connector ? undefined : (openAuth(table, before) as Auth | undefined)
  return {
    transform,
    connector: connector ?? ((before.connector ?? undefined) as ConnectorChanges | undefined),
    eventTypes,
    ...(isNews && { auth: auth === undefined ? kept : auth, headers: headers ?? before.headers }),
  }
}

export function refuse(errors: FieldError[]): void {
  if (errors.length > 0) throw new ProblemError("request.invalid", undefined, { errors })
}

/**
 * The settings of a connector as they are stored: its credentials are separate, and the CRM's
 * address is the endpoint's.
 */
export function storedConnector(
  connector: ConnectorChanges,
): Pick<Settings, "url" | "auth" | "connector" | "order"> {
  const { auth, ...rest } = connector
  // The address of a CRM depends on no credentials.
  const { baseUrl } = connectorOf(connector.kind)
  return {
    url: baseUrl(rest as unknown as ConnectorSettings),
    connector: rest,
    order: "latest",
    ...(auth !== undefined && { auth: auth as object }),
  }
}
