import type { Deps } from "@ringback/functions/api/deps"
import * as Endpoint from "@ringback/store/endpoint"
import * as Tenant from "@ringback/store/tenant"
import { loopbackOf } from "@ringback/webhooks/loopback"
import { checkUrl } from "@ringback/webhooks/url"
import type { TerminalOutput } from "./terminal-output.ts"

const PAGE = 250
const MAX_NAMED = 20

const REMEDY =
  "set the url again with the operator's key, or list its network in RINGBACK_ALLOWED_NETWORKS (127.0.0.0/8,::1/128 is this machine)"

type Refused = { tenant: string; endpoint: Endpoint.Endpoint; reason: string }

/**
 * Reports the stored endpoints whose URL is refused under the current settings: nothing is sent to
 * them.
 */
export async function nameRefusedEndpoints(
  deps: Pick<Deps, "table" | "urlRules">,
  output: Pick<TerminalOutput, "warn">,
): Promise<void> {
  const refused = await findRefused(deps)
  if (refused.length === 0) return
  for (const { tenant, endpoint, reason } of refused.slice(0, MAX_NAMED)) {
    // Only the origin of the URL: a path may be a secret.
    const origin = URL.parse(endpoint.url ?? "")?.origin ?? "no URL"
    output.warn(`Endpoint ${endpoint.id} of tenant ${tenant} (${origin}) is refused: ${reason}`)
  }
  const more = refused.length - MAX_NAMED
  if (more > 0) output.warn(`${more} more endpoints are refused.`)
  output.warn(`To allow one: ${REMEDY}.`)
}

async function findRefused({ table, urlRules }: Pick<Deps, "table" | "urlRules">) {
  const refused: Refused[] = []
  for await (const tenant of allOf((after) => Tenant.page(table, { limit: PAGE, after }))) {
    const endpoints = allOf((after) => Endpoint.page(table, tenant.id, { limit: PAGE, after }))
    for await (const endpoint of endpoints) {
      const { url, allowedLoopback = null } = endpoint
      if (url === null) continue
      const verdict = await checkUrl(url, { ...urlRules, allowedLoopback, resolve })
      if (!verdict.ok) refused.push({ tenant: tenant.id, endpoint, reason: verdict.reason })
    }
  }
  return refused
}

// A start does not wait for DNS: resolved addresses are checked at each delivery.
const resolve = async (host: string) =>
  loopbackOf(`http://${host}`) === undefined ? [] : ["127.0.0.1", "::1"]

type Page<T> = { items: T[]; next: string | undefined }

async function* allOf<T>(read: (after: string | undefined) => Promise<Page<T>>) {
  let after: string | undefined
  do {
    const { items, next } = await read(after)
    yield* items
    after = next
  } while (after !== undefined)
}
