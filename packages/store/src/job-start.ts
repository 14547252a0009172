import * as v from "valibot"
import { deleteItem, getItem, updateItem } from "./item.ts"
import type { Key } from "./item-keys.ts"
import { toSeconds, type Table } from "./table.ts"

/** The work of one kind on one resource: an endpoint, a source, or the tenant itself. */
export type JobTarget = { tenant: string; kind: (typeof KINDS)[number]; id: string }

const KINDS = ["hold", "spread", "erase"] as const

/** The latest start of a job. `number`: counted from 1. `at`: when it was last seen, epoch ms. */
export type JobStart = { number: number; at: number }

const Stored = v.object({ number: v.number(), at: v.number() })

// Longer than a message can stay in the jobs queue.
const KEPT_MS = 14 * 24 * 3600_000

const keyOf = ({ tenant, kind, id }: JobTarget): Key => ({
  pk: tenant,
  sk: `START#${kind}#${id}`,
})

/** The latest start. Undefined if there was none in the last 14 days. */
export async function latest(table: Table, target: JobTarget): Promise<JobStart | undefined> {
  const item = await getItem(table, keyOf(target), { consistent: true })
  return item && v.parse(Stored, item)
}

/**
 * Records a start after its message was sent, so that no start is known whose message does not
 * exist. Of two at the same time both have the same number, and neither ends the other.
 */
export async function note(table: Table, target: JobTarget, number: number): Promise<void> {
  const now = table.now()
  await updateItem(table, keyOf(target), {
    update: "SET #number = :number, #at = :now, expiresAt = :end",
    condition: "attribute_not_exists(pk) OR #number <= :number",
    names: { "#number": "number", "#at": "at" },
    values: { ":number": number, ":now": now, ":end": toSeconds(now + KEPT_MS) },
  })
}

/** Removes what is known of all starts on a resource. */
export async function forget(table: Table, tenant: string, id: string): Promise<void> {
  for (const kind of KINDS) await deleteItem(table, keyOf({ tenant, kind, id }), {})
}
