import { timingSafeEqual } from "node:crypto"
import { parseSourceToken } from "@ringback/events/token"
import * as Source from "@ringback/store/source"
import type { Table } from "@ringback/store/table"
import * as Tenant from "@ringback/store/tenant"
import { readBearer, unknownKey } from "./authenticate.ts"

/**
 * The existing source whose token was sent, or a problem. Uses a consistent read, so a revoked
 * token is refused at once.
 */
export async function identifySource(
  table: Table,
  authorization: string | undefined,
): Promise<Source.Source> {
  const token = parseSourceToken(readBearer(authorization))
  if (!token) throw unknownKey()
  const [tenant, source] = await Promise.all([
    Tenant.get(table, token.tenant, { consistent: true }),
    Source.get(table, token.tenant, token.source, { consistent: true }),
  ])
  if (!tenant || !source) throw unknownKey()
  const key = Source.keysOf(table, source).find(({ keyId }) => keyId === token.keyId)
  if (!key || !timingSafeEqual(key.key, token.key)) throw unknownKey()
  return source
}
