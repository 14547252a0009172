import { randomUUID } from "node:crypto"
import * as v from "valibot"
import { deleteItem, getItem, putItem, updateItem } from "./item.ts"
import { idempotencyKey, type Key } from "./item-keys.ts"
import { isExpired, toSeconds, type Table } from "./table.ts"

const KEPT_MS = 24 * 3600 * 1000
/** Longer than any request can take. After this time the first request is considered dead. */
const LEASE_MS = 60 * 1000

/** The entry of an Idempotency-Key. The response may contain a secret, so it is encrypted. */
const Promised = v.object({
  owner: v.string(),
  fingerprint: v.string(),
  leaseUntil: v.number(),
  answer: v.optional(v.string()),
  expiresAt: v.number(),
})

/** `scope`: the owner of the key. `fingerprint`: a hash of the request. */
export type Asked = { scope: string; key: string; fingerprint: string }

export type Claimed =
  | {
      outcome: "first"
      settle: (answer: string, keptMs?: number) => Promise<void>
      release: () => Promise<void>
    }
  | { outcome: "answered"; answer: string }
  | { outcome: "running" }
  | { outcome: "mismatch" }

/**
 * What a waiting request finds. `free`: the first request failed or died, so the key can be
 * claimed.
 */
export type Found = Exclude<Claimed, { outcome: "first" }> | { outcome: "free" }

/** One of several concurrent requests is the first. The others get its result. */
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
  // This request's own write, whose response was lost.
  if (promised?.owner === owner) return first(table, place, owner)
  const found = judge(table, asked, promised)
  return found.outcome === "free" ? { outcome: "running" } : found
}

/** The result of the first request, without a write. */
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

// A request so slow that another took over must not change the entry: the condition prevents it.
function first(table: Table, place: Key, owner: string): Claimed {
  const isMine = { condition: "#owner = :owner", names: { "#owner": "owner" } }
  return {
    outcome: "first",
    async settle(answer, keptMs = KEPT_MS) {
      const sealed = table.sealer.seal(answer, contextOf(place))
      const expiresAt = toSeconds(table.now() + keptMs)
      const values = { ":owner": owner, ":answer": sealed, ":expiresAt": expiresAt }
      const update = "SET answer = :answer, expiresAt = :expiresAt"
      await updateItem(table, place, { ...isMine, update, values })
    },
    async release() {
      await deleteItem(table, place, { ...isMine, values: { ":owner": owner } })
    },
  }
}

const contextOf = ({ pk, sk }: Key) => `${pk}|${sk}`
