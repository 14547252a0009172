import { fingerprintOf, keepAccount } from "@ringback/store/connector"
import { resetAndWake } from "@ringback/store/breaker-state"
import * as Endpoint from "@ringback/store/endpoint"
import { makeSecret, secretProblem } from "@ringback/webhooks/secret"
import { restartSlots } from "../endpoint/slow-share.ts"
import { cursorsFor } from "./cursor.ts"
import { showEndpoint, showSecret } from "./endpoint-answer.ts"
import { checkEndpoint, checkPull } from "./endpoint-check.ts"
import {
  EndpointAnswer,
  EndpointChanges,
  EndpointWithSecret,
  EndpointInput,
} from "./endpoint-schema.ts"
import { checkSize, updateChecked } from "./endpoint-update.ts"
import { checkEndpointUrl } from "./endpoint-url.ts"
import { startJob } from "./enqueue.ts"
import {
  afterChange,
  besideConnector,
  changeErrors,
  movedAuthErrors,
  checkOutbound,
  refuse,
  storedConnector,
} from "./outbound-check.ts"
import { invalid } from "./problem.ts"
import { removeAndErase } from "./removal.ts"
import { changeMatching, checkMatch, etagOf, getExisting } from "./revision.ts"
import { route } from "./route.ts"
import { pageOf, paging, toPage } from "./schemas.ts"

const tag = "Endpoints"

export const endpointRoutes = [
  route({
    method: "post",
    path: "/v1/tenants/{tenantId}/endpoints",
    access: "tenant",
    operationId: "createEndpoint",
    tag,
    summary: "Create an endpoint",
    body: EndpointInput,
    answers: { 201: { description: "The endpoint, with its secret", schema: EndpointWithSecret } },
    problems: ["endpoint.url_refused", "limit.reached"],
    hasRevision: true,
    isSubscription: true,
    async handle({ deps, caller, tenant, body }) {
      const { secret: own, connector, signing = "hmac", ...given } = body
      if (connector) refuse(besideConnector(body))
      const settings = {
        ...given,
        url: given.url ?? null,
        signing,
        ...(connector && storedConnector(connector)),
      }
      const refusal = own === undefined ? undefined : secretProblem(own, settings.signing)
      if (refusal) throw invalid("/secret", refusal)
      checkPull(settings.pull, settings)
      checkSize(settings)
      const ofSettings = await checkEndpoint(deps, tenant.id, settings)
      const { permission, warnings: ofUrl } = await checkEndpointUrl(
        deps,
        tenant.id,
        caller,
        given.url,
      )
      const ofAuth = await checkOutbound(deps, tenant.id, body, permission)
      const warnings = [...ofSettings, ...ofUrl, ...ofAuth]
      const secret = own ?? makeSecret(settings.signing)
      const all = { ...settings, ...permission }
      const endpoint = await Endpoint.create(deps.table, tenant.id, all, secret, {
        limit: deps.limits.endpoints,
      })
      const location = `/v1/tenants/${tenant.id}/endpoints/${endpoint.id}`
      const headers = { ...etagOf(endpoint), location }
      return {
        status: 201,
        body: {
          ...showEndpoint(deps.table, caller, endpoint, warnings),
          ...(!connector && showSecret(secret)),
        },
        headers,
      }
    },
  }),
  route({
    method: "get",
    path: "/v1/tenants/{tenantId}/endpoints",
    access: "tenant",
    operationId: "listEndpoints",
    tag,
    summary: "List endpoints",
    query: paging,
    answers: { 200: { description: "Endpoints", schema: pageOf(EndpointAnswer) } },
    async handle({ deps, caller, tenant, query }) {
      const cursors = cursorsFor(deps.table.sealer, ["endpoints", tenant.id])
      const after = cursors.read(query.cursor)
      const page = await Endpoint.page(deps.table, tenant.id, { limit: query.limit, after })
      return {
        status: 200,
        body: toPage(page, cursors, (each) => showEndpoint(deps.table, caller, each)),
      }
    },
  }),
  route({
    method: "get",
    path: "/v1/tenants/{tenantId}/endpoints/{endpointId}",
    access: "tenant",
    operationId: "getEndpoint",
    tag,
    summary: "Read an endpoint",
    answers: { 200: { description: "The endpoint", schema: EndpointAnswer } },
    hasRevision: true,
    async handle({ deps, caller, tenant, params }) {
      const endpoint = await getExisting("endpoint", () =>
        Endpoint.get(deps.table, tenant.id, params.endpointId, { consistent: true }),
      )
      return {
        status: 200,
        body: showEndpoint(deps.table, caller, endpoint),
        headers: etagOf(endpoint),
      }
    },
  }),
  route({
    method: "patch",
    path: "/v1/tenants/{tenantId}/endpoints/{endpointId}",
    access: "tenant",
    operationId: "updateEndpoint",
    tag,
    summary: "Change an endpoint",
    description:
      "`disabled: true` holds pending deliveries. `disabled: false` enables the endpoint again, also if it was disabled as gone or failing; `recover` sends the held deliveries. Workers see a change within 10 s.",
    body: EndpointChanges,
    answers: { 200: { description: "The endpoint as it is now", schema: EndpointAnswer } },
    problems: ["endpoint.url_refused", "conflict.changed"],
    hasRevision: true,
    async handle({ deps, caller, tenant, params: { endpointId }, body, ifMatch }) {
      const read = () => Endpoint.get(deps.table, tenant.id, endpointId, { consistent: true })
      const before = await getExisting("endpoint", read)
      // Before anything is changed for it, and again with the change.
      checkMatch(ifMatch, before)
      const { disabled: wasDisabled, rateLimit } = before
      const { connector, ...given } = body
      const settings = { ...given, ...(connector && storedConnector(connector)) }
      const check = (current: Endpoint.Endpoint) => {
        refuse([...changeErrors(current, body), ...movedAuthErrors(deps.table, current, settings)])
        checkPull(current.pull, body)
      }
      check(before)
      checkSize(settings, before)
      const ofSettings = await checkEndpoint(deps, tenant.id, settings, before)
      const { permission, warnings: ofUrl } = await checkEndpointUrl(
        deps,
        tenant.id,
        caller,
        body.url,
      )
      const after = afterChange(deps.table, before, body)
      const ofAuth = await checkOutbound(deps, tenant.id, after, { ...before, ...permission })
      const warnings = [...ofSettings, ...ofUrl, ...ofAuth]
      // Disabling an endpoint that is already disabled must keep the original reason.
      const { disabled, ...rest } = settings
      const isSwitched = disabled !== undefined && disabled !== wasDisabled
      const changes = { ...(isSwitched ? settings : rest), ...permission }
      // A new start: what failed before is no reason to disable it again. First, so that whoever asks again after an
      // answer that never came finds it either disabled or forgotten.
      if (isSwitched && !disabled) await resetAndWake(deps.table, tenant.id, endpointId)
      const endpoint = await changeMatching(ifMatch, "endpoint", read, (revision) =>
        updateChecked(deps.table, read, changes, revision, check),
      )
      // What was learned about the account with the previous settings may not apply to the new ones.
      if (connector) {
        const fingerprint = fingerprintOf(endpoint)
        await keepAccount(deps.table, { tenant: tenant.id, endpointId, fingerprint }, {})
      }
      if (body.rateLimit !== undefined && body.rateLimit !== rateLimit) {
        await restartSlots(deps.table, tenant.id, endpointId)
        await startJob(deps, { kind: "spread", tenant: tenant.id, endpointId })
      }
      if (disabled) await startJob(deps, { kind: "hold", tenant: tenant.id, endpointId })
      return {
        status: 200,
        body: showEndpoint(deps.table, caller, endpoint, warnings),
        headers: etagOf(endpoint),
      }
    },
  }),
  route({
    method: "delete",
    path: "/v1/tenants/{tenantId}/endpoints/{endpointId}",
    access: "tenant",
    operationId: "deleteEndpoint",
    tag,
    summary: "Delete an endpoint",
    description: "Its pending deliveries are discarded.",
    answers: { 204: { description: "Deleted" } },
    async handle({ deps, tenant, params: { endpointId } }) {
      const room = {
        remove: () => Endpoint.remove(deps.table, tenant.id, endpointId),
        isDeleted: () => Endpoint.isDeleted(deps.table, tenant.id, endpointId),
      }
      const erase = { kind: "erase", tenant: tenant.id, endpointId } as const
      await removeAndErase(deps, "endpoint", room, erase)
      return { status: 204 }
    },
  }),
]
