import * as v from "valibot"
import { makeId } from "@ringback/events/ids"
import { createItem, type Item } from "./item.ts"
import { auditKey, auditPartition, deliverySortFrom } from "./item-keys.ts"
import { readMerged } from "./list-page.ts"
import { readItems } from "./readable.ts"
import { toSeconds, type Table } from "./table.ts"

/** The scope of entries that concern no existing tenant. */
export const OPERATOR_SCOPE = "OPERATOR"

// Longer than a year, so that last year's changes are still available at this year's audit.
const KEPT_MS = 400 * 24 * 3600 * 1000

/** One change, as stored. Never contains a secret: the caller has masked them. */
const Stored = v.object({
  sk: v.string(),
  /** `operator`, or the id of the key. */
  actor: v.string(),
  /** The operationId in the API's document. */
  action: v.string(),
  /** The id of the changed resource. */
  target: v.nullable(v.string()),
  /**
   * The requested values, field by field. JSON text, because DynamoDB's numbers and map keys differ
   * from JSON's.
   */
  changes: v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown())),
})
type Stored = v.InferOutput<typeof Stored>

export type Entry = Omit<Stored, "sk"> & { id: string; at: number }
export type NewEntry = Omit<Entry, "id" | "at">

/** Records a change with one write. `scope` is the tenant's id or OPERATOR_SCOPE. */
export async function note(table: Table, scope: string, entry: NewEntry): Promise<void> {
  const at = table.now()
  await createItem(table, {
    ...auditKey(scope, at, makeId("aud", at)),
    ...entry,
    changes: JSON.stringify(entry.changes),
    expiresAt: toSeconds(at + KEPT_MS),
  })
}

export type AuditQuery = {
  /** Epoch ms, exclusive. */
  after?: number | undefined
  before?: number | undefined
  target?: string | undefined
  limit: number
  /** `next` of the previous page. */
  cursor?: string | undefined
}

const END = "~"

/** Changes, newest first. With `target` a page can be short. */
export async function list(
  table: Table,
  scope: string,
  { after, before, target, limit, cursor }: AuditQuery,
): Promise<{ items: Entry[]; next: string | undefined }> {
  const bound = before === undefined ? END : deliverySortFrom(before)
  const { items, next } = await readMerged(table, {
    index: null,
    partitions: [auditPartition(scope)],
    from: after === undefined ? "0" : deliverySortFrom(after + 1),
    below: cursor !== undefined && cursor < bound ? cursor : bound,
    limit,
    filters: ["expiresAt > :now", ...(target === undefined ? [] : ["#target = :target"])],
    isSelective: target !== undefined,
    ...(target !== undefined && { names: { "#target": "target" } }),
    values: { ":now": toSeconds(table.now()), ...(target !== undefined && { ":target": target }) },
  })
  return { items: readItems(table, items, parse), next }
}

function parse(item: Item): Entry {
  const { sk, actor, action, target, changes } = v.parse(Stored, item)
  const [at, id] = sk.split("#") as [string, string]
  return { id, at: Number(at), actor, action, target, changes }
}
