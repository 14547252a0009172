import * as v from "valibot"
import type { CallFacts, CallMoment, References } from "@ringback/events/call"
import { assignmentsOf, getItem, updateItem, type Item } from "./item.ts"
import { callKey } from "./keys.ts"
import { toSeconds, type Table } from "./table.ts"

/** Who told a moment of the call first, and when it was. What the first one said stands. */
const Claim = v.object({
  /** The collector message's id. */
  message: v.string(),
  receivedAt: v.number(),
  /** RFC 3339. */
  timestamp: v.string(),
  observedAt: v.string(),
})
export type Claim = v.InferOutput<typeof Claim>

const fromJson = <T>() =>
  v.pipe(
    v.string(),
    v.transform((text) => JSON.parse(text) as T),
  )

/** What is known of one call. */
const Call = v.object({
  /** Of the newest dialing event heard, its `version` and facts. */
  version: v.optional(v.string()),
  facts: v.optional(fromJson<CallFacts>()),
  references: v.optional(fromJson<References>()),
  /** RFC 3339: the TmUpdate of the first event that says "answered". */
  answeredAt: v.optional(v.string()),
  started: v.optional(Claim),
  answered: v.optional(Claim),
  completed: v.optional(Claim),
})
export type Call = v.InferOutput<typeof Call>

export type CallRef = {
  tenant: string
  source: string
  uuid: string
  /** Of a test of the source. */
  isTest?: boolean | undefined
}
export type Claims = Partial<{ [Moment in CallMoment]: Claim }>

/** What a dialing event adds to its call. */
export type Note = {
  version: string
  /** Undefined where the event bears none, as a delete with the Uuid alone. */
  facts: CallFacts | undefined
  /** Where it is the first to say "answered". */
  answeredAt: string | null
  references: References | undefined
  claims: Claims
}

// A call item that outgrows one write unit costs every event of the call another one.
const MAX_FACTS_BYTES = 2048

/**
 * Notes a dialing event of the call, in one write; two where a newer one was noted before. The call as it was before:
 * whichever claim it has not is the caller's now.
 */
export async function note(table: Table, ref: CallRef, note: Note): Promise<Call> {
  const kept: Item = { ...note.claims }
  if (note.answeredAt !== null) kept["answeredAt"] = note.answeredAt
  const newest: Item = { version: note.version }
  if (note.facts) newest["facts"] = factsText(note.facts)
  if (note.references) newest["references"] = JSON.stringify(note.references)
  const before =
    (await update(table, ref, { kept, newest, ifOlderThan: note.version })) ??
    (await update(table, ref, { kept, newest: {} }))!
  if (note.answeredAt !== null && before.answeredAt && before.answeredAt > note.answeredAt) {
    await correctAnswer(table, ref, note.answeredAt)
    return { ...before, answeredAt: note.answeredAt }
  }
  return before
}

/** Claims moments of the call. As `note`, the call as it was before. */
export const claim = async (table: Table, ref: CallRef, claims: Claims): Promise<Call> =>
  (await update(table, ref, { kept: claims, newest: {} }))!

/** Undefined where nothing was heard of it. */
export async function get(table: Table, ref: CallRef): Promise<Call | undefined> {
  const item = await getItem(table, keyOf(ref), { consistent: true })
  return item && v.parse(Call, item)
}

const keyOf = ({ tenant, source, uuid, isTest }: CallRef) => callKey(tenant, source, uuid, isTest)

function factsText(facts: CallFacts): string {
  const whole = JSON.stringify(facts)
  return Buffer.byteLength(whole) <= MAX_FACTS_BYTES
    ? whole
    : JSON.stringify({ ...facts, variables: {} })
}

type Change = {
  /** Set only where nothing is there yet. */
  kept: Item
  newest: Item
  ifOlderThan?: string
}

async function update(
  table: Table,
  ref: CallRef,
  { kept, newest, ifOlderThan }: Change,
): Promise<Call | undefined> {
  const attributes = { ...kept, ...newest, expiresAt: toSeconds(table.now() + table.retentionMs) }
  const { sets, ...assigned } = assignmentsOf(attributes, Object.keys(kept))
  const isNewer = "attribute_not_exists(#version) OR #version < :version"
  const updated = await updateItem(table, keyOf(ref), {
    update: `SET ${sets.join(", ")}`,
    condition: ifOlderThan === undefined ? undefined : isNewer,
    ...assigned,
    returns: "ALL_OLD",
  })
  return updated && v.parse(Call, updated.item ?? {})
}

async function correctAnswer(table: Table, ref: CallRef, answeredAt: string): Promise<void> {
  await updateItem(table, keyOf(ref), {
    update: "SET answeredAt = :answeredAt",
    condition: "answeredAt > :answeredAt",
    values: { ":answeredAt": answeredAt },
  })
}
