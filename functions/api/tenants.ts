import * as v from "valibot"
import * as Tenant from "@ringback/store/tenant"
import { cursorsFor } from "./cursor.ts"
import { removeAndErase } from "./removal.ts"
import { changeMatching, etagOf } from "./revision.ts"
import { route } from "./route.ts"
import { id, Name, pageOf, paging, toPage } from "./schemas.ts"
import { formatMillis, Time } from "./time.ts"

export const TenantAnswer = v.pipe(
  v.object({
    id: id("ten"),
    name: v.pipe(v.string(), v.examples(["Acme Collections"])),
    createdAt: Time,
  }),
  v.description("A customer of the call centre. Every other resource belongs to one"),
)

export const TenantInput = v.strictObject({ name: v.pipe(Name, v.examples(["Acme Collections"])) })

const show = ({ id, name, createdAt }: Tenant.Tenant) => ({
  id,
  name,
  createdAt: formatMillis(createdAt),
})

const tag = "Tenants"

export const tenantRoutes = [
  route({
    method: "post",
    path: "/v1/tenants",
    access: "operator",
    operationId: "createTenant",
    tag,
    summary: "Create a tenant",
    body: TenantInput,
    answers: { 201: { description: "The tenant", schema: TenantAnswer } },
    hasRevision: true,
    async handle({ deps, body }) {
      const tenant = await Tenant.create(deps.table, body)
      const headers = { ...etagOf(tenant), location: `/v1/tenants/${tenant.id}` }
      return { status: 201, body: show(tenant), headers }
    },
  }),
  route({
    method: "get",
    path: "/v1/tenants",
    access: "operator",
    operationId: "listTenants",
    tag,
    summary: "List tenants",
    query: paging,
    answers: { 200: { description: "Tenants", schema: pageOf(TenantAnswer) } },
    async handle({ deps, query }) {
      const cursors = cursorsFor(deps.table.sealer, ["tenants"])
      const after = cursors.read(query.cursor)
      const page = await Tenant.page(deps.table, { limit: query.limit, after })
      return { status: 200, body: toPage(page, cursors, show) }
    },
  }),
  route({
    method: "get",
    path: "/v1/tenants/{tenantId}",
    access: "tenant",
    operationId: "getTenant",
    tag,
    summary: "Read a tenant",
    answers: { 200: { description: "The tenant", schema: TenantAnswer } },
    hasRevision: true,
    handle: ({ tenant }) => ({ status: 200, body: show(tenant), headers: etagOf(tenant) }),
  }),
  route({
    method: "patch",
    path: "/v1/tenants/{tenantId}",
    access: "operator",
    operationId: "updateTenant",
    tag,
    summary: "Rename a tenant",
    body: v.partial(TenantInput),
    answers: { 200: { description: "The tenant as it is now", schema: TenantAnswer } },
    hasRevision: true,
    async handle({ deps, params, body, ifMatch }) {
      const tenant = await changeMatching(
        ifMatch,
        "tenant",
        () => Tenant.get(deps.table, params.tenantId, { consistent: true }),
        (revision) => Tenant.update(deps.table, params.tenantId, body, revision),
      )
      return { status: 200, body: show(tenant), headers: etagOf(tenant) }
    },
  }),
  route({
    method: "delete",
    path: "/v1/tenants/{tenantId}",
    access: "operator",
    operationId: "deleteTenant",
    tag,
    summary: "Delete a tenant and everything that belongs to it",
    description:
      "Its keys stop working at once. Its sources and endpoints are deleted, and its pending deliveries are discarded in the background. Its events and deliveries can no longer be read. About two minutes later they are deleted too, with everything stored about people and calls. This cannot be undone.",
    answers: { 204: { description: "Deleted" } },
    async handle({ deps, params: { tenantId } }) {
      const room = {
        remove: () => Tenant.remove(deps.table, tenantId),
        isDeleted: () => Tenant.isDeleted(deps.table, tenantId),
      }
      await removeAndErase(deps, "tenant", room, { kind: "erase", tenant: tenantId })
      return { status: 204 }
    },
  }),
]
