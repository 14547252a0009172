import { randomUUID } from "node:crypto"
import { PutItemCommand, UpdateItemCommand, DeleteItemCommand } from "@aws-sdk/client-dynamodb"
import { marshall } from "@aws-sdk/util-dynamodb"
import * as v from "valibot"
import { getItem } from "./item.ts"
import { idempotencyKey, type Key } from "./keys.ts"
import { isConditionFailed, isExpired, toSeconds, type Table } from "./table.ts"

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
  try {
    await table.client.send(
      new PutItemCommand({
        TableName: table.name,
        Item: marshall(item),
        ConditionExpression:
          "attribute_not_exists(pk) OR expiresAt <= :seconds" +
          " OR (attribute_not_exists(answer) AND leaseUntil <= :now AND fingerprint = :fingerprint)",
        ExpressionAttributeValues: marshall({
          ":seconds": toSeconds(now),
          ":now": now,
          ":fingerprint": asked.fingerprint,
        }),
      }),
    )
    return first(table, place, owner)
  } catch (error) {
    if (!isConditionFailed(error)) throw error
  }
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

function first(table: Table, place: Key, owner: string): Claimed {
  const mine = {
    TableName: table.name,
    Key: marshall(place),
    ConditionExpression: "#owner = :owner",
    ExpressionAttributeNames: { "#owner": "owner" },
  }
  return {
    outcome: "first",
    async settle(answer) {
      const sealed = table.sealer.seal(answer, contextOf(place))
      await ignoreLost(
        table.client.send(
          new UpdateItemCommand({
            ...mine,
            UpdateExpression: "SET answer = :answer",
            ExpressionAttributeValues: marshall({ ":owner": owner, ":answer": sealed }),
          }),
        ),
      )
    },
    async release() {
      await ignoreLost(
        table.client.send(
          new DeleteItemCommand({
            ...mine,
            ExpressionAttributeValues: marshall({ ":owner": owner }),
          }),
        ),
      )
    },
  }
}

const contextOf = ({ pk, sk }: Key) => `${pk}|${sk}`

// Whoever was so slow that another took over has nothing to say any more.
async function ignoreLost(write: Promise<unknown>): Promise<void> {
  try {
    await write
  } catch (error) {
    if (!isConditionFailed(error)) throw error
  }
}
