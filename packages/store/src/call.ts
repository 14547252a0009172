import * as v from "valibot"
import type { CallFacts, CallMoment, References } from "@ringback/events/call"
import { assignmentsOf, getItem, updateItem, type Item } from "./item.ts"
import { callKey } from "./item-keys.ts"
import { fitData } from "./pack.ts"
import { toSeconds, type Table } from "./table.ts"

/** Who reported a moment of the call first, and when it was. The first report is kept. */
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

/** The stored state of one call. */
const Call = v.object({
  /** The `version` and facts of the newest dialing event received that had facts. */
  version: v.optional(v.string()),
  facts: v.optional(fromJson<CallFacts>()),
  references: v.optional(fromJson<References>()),
  /** RFC 3339: the TmUpdate of the first event that reports "answered". */
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
  /** From a test of the source. */
  isTest?: boolean | undefined
}
export type Claims = Partial<{ [Moment in CallMoment]: Claim }>

/** What a dialing event adds to its call. */
export type Note = {
  version: string
  /**
   * Undefined if the event has none, such as a delete with only the Uuid. Its version is not stored
   * then, so that facts of older events that are received later are.
   */
  facts: CallFacts | undefined
  /** Set if this event is the first to report "answered". */
  answeredAt: string | null
  references: References | undefined
  claims: Claims
}

// If a call item outgrows one write unit, every event of the call costs another unit.
const MAX_FACTS_BYTES = 2048

/**
 * Records a dialing event of the call in one write, or in two if a newer one was already recorded
 * or the call was erased. Returns the call as it was before: the caller now has every claim that was
 * missing from it.
 */
export async function note(table: Table, ref: CallRef, note: Note): Promise<Call> {
  const kept: Item = { ...note.claims }
  if (note.answeredAt !== null) kept["answeredAt"] = note.answeredAt
  const updated = note.facts && (await update(table, ref, { kept, ...newestOf(note, note.facts) }))
  const before = updated ?? (await update(table, ref, { kept, newest: {} }))!
  if (note.answeredAt !== null && before.answeredAt && before.answeredAt > note.answeredAt) {
    await correctAnswer(table, ref, note.answeredAt)
    return { ...before, answeredAt: note.answeredAt }
  }
  return before
}

function newestOf({ version, references }: Note, facts: CallFacts) {
  const newest: Item = { version, facts: fitData(facts, MAX_FACTS_BYTES).text }
  if (references) newest["references"] = JSON.stringify(references)
  return { newest, ifOlderThan: version }
}

/** Claims moments of the call. Returns the call as it was before, like `note`. */
export const claim = async (table: Table, ref: CallRef, claims: Claims): Promise<Call> =>
  (await update(table, ref, { kept: claims, newest: {} }))!

/** Undefined if no event of it was received. */
export async function get(table: Table, ref: CallRef): Promise<Call | undefined> {
  const item = await getItem(table, keyOf(ref), { consistent: true })
  return item && v.parse(Call, item)
}

const keyOf = ({ tenant, source, uuid, isTest }: CallRef) => callKey(tenant, source, uuid, isTest)

type Change = {
  /** Set only if there is no value yet. */
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
  const isNewer =
    "attribute_not_exists(erased) AND (attribute_not_exists(#version) OR #version < :version)"
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
