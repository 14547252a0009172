import * as v from "valibot"
import * as ApiKey from "@ringback/store/api-key"
import { cursorsFor } from "./cursor.ts"
import { invalid, notFound } from "./problem.ts"
import { route } from "./route.ts"
import { id, Name, pageOf, paging, toPage } from "./schemas.ts"
import { formatMillis, parseMillis, Time, TimeInput } from "./time.ts"

const Scope = v.pipe(
  ApiKey.Scope,
  v.description("full: everything a tenant can do. read: GET and previews, and never a secret"),
)

const entries = {
  id: id("key"),
  name: v.pipe(v.string(), v.examples(["crm, production"])),
  scope: Scope,
  createdAt: Time,
  expiresAt: v.nullable(Time),
  lastUsedAt: v.pipe(v.nullable(Time), v.description("Accurate to one hour. Null: never")),
}

export const KeyAnswer = v.object(entries)

export const CreatedKey = v.object({
  ...entries,
  key: v.pipe(
    v.string(),
    v.description("Shown only once: only a hash of it is stored"),
    v.examples(["rbk_06fzk3vq8r2m5x0c9d7g4h1jtw_06fzk3w0a4n7p2y5b8e1h3k6mq_zG3v..."]),
  ),
})

export const KeyInput = v.strictObject({
  name: v.pipe(Name, v.examples(["crm, production"])),
  expiresAt: v.pipe(
    v.nullish(TimeInput),
    v.description("Null: never"),
    v.examples(["2099-12-31T23:59:59Z"]),
  ),
  scope: v.optional(Scope, "full"),
})

const show = ({ id, name, scope, createdAt, validUntil, lastUsedAt }: ApiKey.ApiKey) => ({
  id,
  name,
  scope,
  createdAt: formatMillis(createdAt),
  expiresAt: validUntil === null ? null : formatMillis(validUntil),
  lastUsedAt: lastUsedAt === null ? null : formatMillis(lastUsedAt),
})

const tag = "Keys"

export const keyRoutes = [
  route({
    method: "post",
    path: "/v1/tenants/{tenantId}/keys",
    access: "tenant",
    operationId: "createKey",
    tag,
    summary: "Create an API key",
    description: "It has access to its own tenant only.",
    body: KeyInput,
    answers: { 201: { description: "The key, including its text", schema: CreatedKey } },
    problems: ["limit.reached"],
    async handle({ deps, tenant, body }) {
      const validUntil = body.expiresAt == null ? null : parseMillis(body.expiresAt)
      if (validUntil !== null && validUntil <= deps.table.now()) {
        throw invalid("/expiresAt", "must be in the future")
      }
      const { name, scope } = body
      const settings = { name, scope, validUntil }
      const limit = deps.limits.keys
      const { apiKey, text } = await ApiKey.create(deps.table, tenant.id, settings, { limit })
      return { status: 201, body: { ...show(apiKey), key: text } }
    },
  }),
  route({
    method: "get",
    path: "/v1/tenants/{tenantId}/keys",
    access: "tenant",
    operationId: "listKeys",
    tag,
    summary: "List keys",
    query: paging,
    answers: { 200: { description: "Keys, without their texts", schema: pageOf(KeyAnswer) } },
    async handle({ deps, tenant, query }) {
      const cursors = cursorsFor(deps.table.sealer, ["keys", tenant.id])
      const after = cursors.read(query.cursor)
      const page = await ApiKey.page(deps.table, tenant.id, { limit: query.limit, after })
      return { status: 200, body: toPage(page, cursors, show) }
    },
  }),
  route({
    method: "delete",
    path: "/v1/tenants/{tenantId}/keys/{keyId}",
    access: "tenant",
    operationId: "revokeKey",
    tag,
    summary: "Revoke a key",
    description: "Its next request is refused.",
    answers: { 204: { description: "Revoked" } },
    async handle({ deps, tenant, params }) {
      if (!(await ApiKey.remove(deps.table, tenant.id, params.keyId))) throw notFound("key")
      return { status: 204 }
    },
  }),
]
