import * as v from "valibot"
import * as Audit from "@ringback/store/audit"
import type { Table } from "@ringback/store/table"
import { cursorsFor } from "./cursor.ts"
import { route } from "./route.ts"
import { pageOf, paging, toPage, type PagingInput } from "./schemas.ts"
import { formatMillis, parseMillis, parseMillisUp, Time, TimeInput } from "./time.ts"

export const AuditAnswer = v.pipe(
  v.object({
    id: v.pipe(v.string(), v.examples(["aud_06fzk3vq8r2m5x0c9d7g4h1jtw"])),
    at: Time,
    actor: v.pipe(
      v.string(),
      v.description(
        "operator, or the id of the key, also in the portal. The id of the portal session if the operator created its link",
      ),
      v.examples(["key_06fzk3vq8r2m5x0c9d7g4h1jtw"]),
    ),
    action: v.pipe(
      v.string(),
      v.description("The operationId of the operation, as in this document"),
      v.examples(["updateEndpoint"]),
    ),
    target: v.pipe(
      v.nullable(v.string()),
      v.description("The id of the changed resource"),
      v.examples(["ep_06fzk3vq8r2m5x0c9d7g4h1jtw"]),
    ),
    changes: v.pipe(
      v.record(v.string(), v.unknown()),
      v.description(
        "The requested values, field by field. Secrets, header values and what follows the origin of a `url` are masked. Long values are replaced by their length",
      ),
      v.examples([{ rateLimit: 10, secret: "********" }]),
    ),
  }),
  v.description("One change, with its author and time"),
)

const query = {
  ...paging,
  after: v.exactOptional(v.pipe(TimeInput, v.description("Changes after this time"))),
  before: v.exactOptional(v.pipe(TimeInput, v.description("Changes before this time"))),
  target: v.exactOptional(
    v.pipe(
      v.string(),
      v.regex(/^[a-z]{2,3}_[0-9a-z]{26,32}$/, "must be an id"),
      v.description("Changes of the resource with this id"),
      v.examples(["ep_06fzk3vq8r2m5x0c9d7g4h1jtw"]),
    ),
  ),
}

type Query = PagingInput & { after?: string; before?: string; target?: string }

const show = ({ at, ...entry }: Audit.Entry) => ({ ...entry, at: formatMillis(at) })

async function pageFor(table: Table, scope: string, { limit, cursor, target, ...range }: Query) {
  const after = range.after === undefined ? undefined : parseMillis(range.after)
  const before = range.before === undefined ? undefined : parseMillisUp(range.before)
  const cursors = cursorsFor(table.sealer, ["audit", scope, { after, before, target }])
  const start = cursors.read(cursor)
  const isEmpty = after !== undefined && before !== undefined && after >= before
  const search = { after, before, target, limit, cursor: start }
  const page = isEmpty ? { items: [], next: undefined } : await Audit.list(table, scope, search)
  return toPage(page, cursors, show)
}

const tag = "Audit"

export const auditRoutes = [
  route({
    method: "get",
    path: "/v1/tenants/{tenantId}/audit",
    access: "tenant",
    operationId: "listAudit",
    tag,
    summary: "Who changed what, and when",
    description: "Every change of the tenant and its resources, kept for 400 days.",
    query,
    answers: { 200: { description: "Changes", schema: pageOf(AuditAnswer) } },
    handle: async ({ deps, tenant, query }) => ({
      status: 200,
      body: await pageFor(deps.table, tenant.id, query as Query),
    }),
  }),
  route({
    method: "get",
    path: "/v1/audit",
    access: "operator",
    operationId: "listOperatorAudit",
    tag,
    summary: "Changes by the operator outside any existing tenant",
    description: "Deletions of tenants and redrives of dead letters. Kept for 400 days.",
    query,
    answers: { 200: { description: "Changes", schema: pageOf(AuditAnswer) } },
    handle: async ({ deps, query }) => ({
      status: 200,
      body: await pageFor(deps.table, Audit.OPERATOR_SCOPE, query as Query),
    }),
  }),
]
