import * as v from "valibot"
import * as Record from "@ringback/store/record"
import * as Source from "@ringback/store/source"
import { cursorsFor } from "./cursor.ts"
import type { Deps } from "./deps.ts"
import { route } from "./route.ts"
import { id, MAX_LIMIT, pageOf, paging } from "./schemas.ts"

export const RecordAnswer = v.pipe(
  v.object({
    kind: v.picklist(Record.storedKinds),
    source: id("src"),
    uuid: v.string(),
    version: v.pipe(
      v.string(),
      v.description("The source event or list that last reported the record"),
      v.examples(["2026-11-22T06:27:40.281585650Z/1"]),
    ),
    deleted: v.pipe(v.boolean(), v.description("Whether the PBX reported its deletion")),
    data: v.pipe(
      v.nullable(v.record(v.string(), v.unknown())),
      v.description("As in the event's `data`. Null: only its deletion was reported"),
    ),
  }),
  v.description(
    "The last known state of a campaign, plan, dial list, destination or dial list row",
  ),
)

const show = ({ kind, source, uuid, version, isDeleted, data }: Record.Record) => ({
  kind,
  source,
  uuid,
  version,
  deleted: isDeleted,
  data: data === undefined ? null : (JSON.parse(data) as { [name: string]: unknown }),
})

type Kinds = readonly Record.StoredKind[]

/** The records with this Uuid in each of the tenant's sources. There is no other index by Uuid. */
async function ofUuid({ table }: Deps, tenant: string, uuid: string, kinds: Kinds) {
  const { items: sources } = await Source.page(table, tenant, { limit: MAX_LIMIT })
  const refs = sources.flatMap(({ id: source }) => kinds.map((kind) => ({ kind, source, uuid })))
  return Record.getMany(table, tenant, refs)
}

/**
 * Lists one kind after the other. A position is the kind and, if some of its records were already
 * returned, where the last page ended.
 */
async function pageOfKinds(
  { table }: Deps,
  tenant: string,
  kinds: Kinds,
  { limit, position }: { limit: number; position: string | undefined },
) {
  const [first, place] = position?.split("|", 2) ?? []
  const items: Record.Record[] = []
  let cursor = place || undefined
  const left = kinds.slice(Math.max(0, kinds.indexOf(first as Record.StoredKind)))
  for (const [at, kind] of left.entries()) {
    const page = await Record.list(table, tenant, { kind, limit: limit - items.length, cursor })
    items.push(...page.items)
    cursor = undefined
    if (page.next !== undefined) return { items, next: `${kind}|${page.next}` }
    const following = left[at + 1]
    if (items.length >= limit && following) return { items, next: `${following}|` }
  }
  return { items, next: undefined }
}

export const recordRoutes = [
  route({
    method: "get",
    path: "/v1/tenants/{tenantId}/records",
    access: "tenant",
    operationId: "listRecords",
    tag: "Events",
    summary: "The last known campaigns, plans, dial lists, destinations and rows",
    description:
      "Records are kept while an endpoint of the tenant subscribes to calls, for as long as events are kept after the last report. Before that only what a collector lists once a day is kept, without rows of dial lists, which are people. The order is not significant.",
    query: {
      ...paging,
      kind: v.exactOptional(
        v.pipe(v.picklist(Record.storedKinds), v.description("Only records of this kind")),
      ),
      uuid: v.exactOptional(
        v.pipe(
          v.string(),
          v.minLength(1),
          v.maxLength(200),
          v.description("Only the record with this Uuid"),
        ),
      ),
    },
    answers: {
      200: { description: "Records", schema: pageOf(RecordAnswer, "In no particular order") },
    },
    async handle({ deps, tenant, query: { limit, cursor, kind, uuid } }) {
      const cursors = cursorsFor(deps.table.sealer, ["records", tenant.id, kind, uuid])
      const position = cursors.read(cursor)
      const kinds = kind === undefined ? Record.storedKinds : [kind]
      const { items, next } =
        uuid === undefined
          ? await pageOfKinds(deps, tenant.id, kinds, { limit, position })
          : { items: await ofUuid(deps, tenant.id, uuid, kinds), next: undefined }
      return { status: 200, body: { data: items.map(show), nextCursor: cursors.write(next) } }
    },
  }),
]
