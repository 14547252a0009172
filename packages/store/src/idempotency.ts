import { randomUUID } from "node:crypto"
import * as v from "valibot"
import { deleteItem, getItem, putItem, updateItem } from "./item.ts"
import { idempotencyKey, type Key } from "./keys.ts"
import { isExpired, toSeconds, type Table } from "./table.ts"

const KEPT_MS = 24 * 3600 * 1000
/** Longer than any request may take: after it the first one is taken to have died. */
const LEASE_MS = 60 * 1000

/** What was promised for an Idempotency-Key. The answer may hold a secret, so it is sealed. */
const Promised = v.object({
  owner: v.string(),
  fingerprint: v.string(),
  leaseUntil: v.number(),
  answer: v.optional(v.string()),
  expiresAt: v.number(),
})

/** `scope`: whose key it is; `fingerprint`: what was asked. */
export type Asked = { scope: string; key: string; fingerprint: string }

export type Claimed =
  | { outcome: "first"; settle: (answer: string) => Promise<void>; release: () => Promise<void> }
  | { outcome: "answered"; answer: string }
  | { outcome: "running" }
  | { outcome: "mismatch" }

/** What somebody who waits finds; `free`: the first gave up or died, so it may be claimed. */
export type Found = Exclude<Claimed, { outcome: "first" }> | { outcome: "free" }

/** One of those who ask at the same time is the first; the others learn what became of it. */
export async function claim(table: Table, asked: Asked): Promise<Claimed> {
  const place = idempotencyKey(asked.scope, asked.key)
  const now = table.now()
  const owner = randomUUID()
  const item = {
    ...place,
    owner,
    fingerprint: asked.fingerprint,
    leaseUntil: now + LEASE_MS,
    expiresAt: toSeconds(now + KEPT_MS),
  }
  const isFirst = await putItem(table, item, {
    condition:
      "attribute_not_exists(pk) OR expiresAt <= :seconds" +
      " OR (attribute_not_exists(answer) AND leaseUntil <= :now AND fingerprint = :fingerprint)",
    values: { ":seconds": toSeconds(now), ":now": now, ":fingerprint": asked.fingerprint },
  })
  if (isFirst) return first(table, place, owner)
  const promised = await read(table, place)
  // My own write, whose answer was lost.
  if (promised?.owner === owner) return first(table, place, owner)
  const found = judge(table, asked, promised)
  return found.outcome === "free" ? { outcome: "running" } : found
}

/** What became of the first request, without a write. */
export async function look(table: Table, asked: Asked): Promise<Found> {
  return judge(table, asked, await read(table, idempotencyKey(asked.scope, asked.key)))
}

type Promised = v.InferOutput<typeof Promised>

async function read(table: Table, place: Key): Promise<Promised | undefined> {
  const item = await getItem(table, place, { consistent: true })
  const promised = item && v.parse(Promised, item)
  return promised && !isExpired(promised, table.now()) ? promised : undefined
}

function judge(table: Table, asked: Asked, promised: Promised | undefined): Found {
  if (!promised) return { outcome: "free" }
  if (promised.fingerprint !== asked.fingerprint) return { outcome: "mismatch" }
  if (promised.answer === undefined) {
    return { outcome: promised.leaseUntil <= table.now() ? "free" : "running" }
  }
  const context = contextOf(idempotencyKey(asked.scope, asked.key))
  return { outcome: "answered", answer: table.sealer.open(promised.answer, context) }
}

// Whoever was so slow that another took over has nothing to say any more: the condition keeps it from doing so.
function first(table: Table, place: Key, owner: string): Claimed {
  const isMine = { condition: "#owner = :owner", names: { "#owner": "owner" } }
  return {
    outcome: "first",
    async settle(answer) {
      const sealed = table.sealer.seal(answer, contextOf(place))
      const values = { ":owner": owner, ":answer": sealed }
      await updateItem(table, place, { ...isMine, update: "SET answer = :answer", values })
    },
    async release() {
      await deleteItem(table, place, { ...isMine, values: { ":owner": owner } })
    },
  }
}

const contextOf = ({ pk, sk }: Key) => `${pk}|${sk}`
