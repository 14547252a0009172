import * as v from "valibot"
import { formatSourceToken } from "@ringback/events/token"
import * as Source from "@ringback/store/source"
import { healthOf, SILENT_AFTER_SECONDS, SOURCE_STATUSES } from "@ringback/store/heartbeat"
import { cursorsFor } from "./cursor.ts"
import { ProblemError } from "./problem.ts"
import { removeAndErase } from "./removal.ts"
import { changeMatching, etagOf, getExisting } from "./revision.ts"
import { route } from "./route.ts"
import { id, Name, pageOf, paging, toPage } from "./schemas.ts"
import { formatMillis, Time } from "./time.ts"

const entries = {
  id: id("src"),
  name: v.pipe(v.string(), v.examples(["pbx-1, Copenhagen"])),
  status: v.pipe(
    v.picklist(SOURCE_STATUSES),
    v.description(
      `new: no collector has sent a heartbeat yet. connected: a collector reads the PBX. disconnected: collectors are running, but none is connected to the PBX. silent: no collector has sent a heartbeat for ${SILENT_AFTER_SECONDS} s`,
    ),
  ),
  lastSeenAt: v.pipe(v.nullable(Time), v.description("When a collector last sent a heartbeat")),
  version: v.pipe(
    v.nullable(v.string()),
    v.description("The collector's version"),
    v.examples(["0.1.0"]),
  ),
  spoolAgeSeconds: v.pipe(
    v.nullable(v.number()),
    v.description("Age of the oldest unsent event in a collector's spool"),
  ),
  createdAt: Time,
}

export const SourceAnswer = v.pipe(
  v.object(entries),
  v.description("A PBX, read by one or more collectors"),
)

export const SourceWithToken = v.object({
  ...entries,
  token: v.pipe(
    v.string(),
    v.description("RINGBACK_SOURCE_TOKEN of its collectors. Shown only once"),
    v.examples(["rbs_06fzk3vq8r2m5x0c9d7g4h1jtw_06fzk3w0a4n7p2y5b8e1h3k6mq_1f9c0b7e_q83v..."]),
  ),
})

export const SourceInput = v.strictObject({ name: v.pipe(Name, v.examples(["pbx-1, Copenhagen"])) })

const DAY = 24 * 3600
const MAX_OVERLAP_SECONDS = 30 * DAY
// A collector's spool can hold events this old.
const DEFAULT_OVERLAP_SECONDS = 14 * DAY
const MAX_KEYS = 20

export const SourceRotationInput = v.strictObject({
  overlapSeconds: v.pipe(
    v.optional(
      v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_OVERLAP_SECONDS)),
      DEFAULT_OVERLAP_SECONDS,
    ),
    v.description("How long messages signed with the old token are still accepted"),
    v.examples([DEFAULT_OVERLAP_SECONDS]),
  ),
})

const show = (source: Source.Source, now: number) => {
  const { status, lastSeenAt, version, spoolAgeSeconds } = healthOf(source, now)
  return {
    id: source.id,
    name: source.name,
    status,
    lastSeenAt: lastSeenAt === null ? null : formatMillis(lastSeenAt),
    version,
    spoolAgeSeconds,
    createdAt: formatMillis(source.createdAt),
  }
}

const showWithToken = ({ source, key }: Source.KeyedSource, now: number) => ({
  ...show(source, now),
  token: formatSourceToken({ tenant: source.tenant, source: source.id, ...key }),
})

const tag = "Sources"

export const sourceRoutes = [
  route({
    method: "post",
    path: "/v1/tenants/{tenantId}/sources",
    access: "tenant",
    operationId: "createSource",
    tag,
    summary: "Create a source",
    body: SourceInput,
    answers: { 201: { description: "The source, with its token", schema: SourceWithToken } },
    problems: ["limit.reached"],
    hasRevision: true,
    async handle({ deps, tenant, body }) {
      const made = await Source.create(deps.table, tenant.id, body, {
        limit: deps.limits.sources,
      })
      const location = `/v1/tenants/${tenant.id}/sources/${made.source.id}`
      const headers = { ...etagOf(made.source), location }
      return { status: 201, body: showWithToken(made, deps.table.now()), headers }
    },
  }),
  route({
    method: "get",
    path: "/v1/tenants/{tenantId}/sources",
    access: "tenant",
    operationId: "listSources",
    tag,
    summary: "List sources",
    query: paging,
    answers: { 200: { description: "Sources", schema: pageOf(SourceAnswer) } },
    async handle({ deps, tenant, query }) {
      const cursors = cursorsFor(deps.table.sealer, ["sources", tenant.id])
      const after = cursors.read(query.cursor)
      const page = await Source.page(deps.table, tenant.id, { limit: query.limit, after })
      const now = deps.table.now()
      return { status: 200, body: toPage(page, cursors, (source) => show(source, now)) }
    },
  }),
  route({
    method: "get",
    path: "/v1/tenants/{tenantId}/sources/{sourceId}",
    access: "tenant",
    operationId: "getSource",
    tag,
    summary: "Read a source",
    answers: { 200: { description: "The source", schema: SourceAnswer } },
    hasRevision: true,
    async handle({ deps, tenant, params }) {
      const source = await getExisting("source", () =>
        Source.get(deps.table, tenant.id, params.sourceId, { consistent: true }),
      )
      return { status: 200, body: show(source, deps.table.now()), headers: etagOf(source) }
    },
  }),
  route({
    method: "patch",
    path: "/v1/tenants/{tenantId}/sources/{sourceId}",
    access: "tenant",
    operationId: "updateSource",
    tag,
    summary: "Rename a source",
    body: v.partial(SourceInput),
    answers: { 200: { description: "The source as it is now", schema: SourceAnswer } },
    hasRevision: true,
    async handle({ deps, tenant, params, body, ifMatch }) {
      const source = await changeMatching(
        ifMatch,
        "source",
        () => Source.get(deps.table, tenant.id, params.sourceId, { consistent: true }),
        (revision) => Source.update(deps.table, tenant.id, params.sourceId, body, revision),
      )
      return { status: 200, body: show(source, deps.table.now()), headers: etagOf(source) }
    },
  }),
  route({
    method: "delete",
    path: "/v1/tenants/{tenantId}/sources/{sourceId}",
    access: "tenant",
    operationId: "deleteSource",
    tag,
    summary: "Delete a source",
    description: "Events that its collectors still send are discarded.",
    answers: { 204: { description: "Deleted" } },
    async handle({ deps, tenant, params: { sourceId } }) {
      const room = {
        remove: () => Source.remove(deps.table, tenant.id, sourceId),
        isDeleted: () => Source.isDeleted(deps.table, tenant.id, sourceId),
      }
      const erase = { kind: "erase", tenant: tenant.id, sourceId } as const
      await removeAndErase(deps, "source", room, erase)
      return { status: 204 }
    },
  }),
  route({
    method: "post",
    path: "/v1/tenants/{tenantId}/sources/{sourceId}/rotate",
    access: "tenant",
    operationId: "rotateSourceToken",
    tag,
    summary: "Give a source a new token",
    description:
      "Messages signed with the old token are accepted during the overlap, 14 days by default.",
    body: SourceRotationInput,
    answers: { 200: { description: "The source, with its new token", schema: SourceWithToken } },
    problems: ["conflict.changed", "conflict.secrets"],
    hasRevision: true,
    async handle({ deps, tenant, params, body }) {
      const source = await getExisting("source", () =>
        Source.get(deps.table, tenant.id, params.sourceId, { consistent: true }),
      )
      // Without an overlap the new one is the only one: a leaked token can always be revoked.
      const isLimited = body.overlapSeconds > 0
      if (isLimited && Source.keysOf(deps.table, source).length >= MAX_KEYS) {
        const detail = `${MAX_KEYS} tokens are valid: rotate with "overlapSeconds": 0, or once some have expired.`
        throw new ProblemError("conflict.secrets", detail)
      }
      const rotated = await Source.rotate(deps.table, source, body.overlapSeconds * 1000)
      if (!rotated) throw new ProblemError("conflict.changed", "Send the request again.")
      const headers = etagOf(rotated.source)
      return { status: 200, body: showWithToken(rotated, deps.table.now()), headers }
    },
  }),
]
