import * as v from "valibot"
import { getItem, updateItem, type Item, type Update } from "./item.ts"
import { orderKey } from "./item-keys.ts"
import { toSeconds, type Table } from "./table.ts"

// ORDER `latest`: THE VERSION OF A RECORD OR CALL THAT AN ENDPOINT HAS ACCEPTED
//
// One item per endpoint and subject. A sender first acquires the item exclusively. The item says which version is being
// sent. When the outcome is known, the item is released, with that version as the accepted one if it may have arrived.
// So no older version is sent while a newer one is being sent, or after it. If the sender dies, its lease
// ends after a minute. Then the version counts as accepted, because it may have arrived.
//
// This costs two writes per attempt, and nothing for endpoints without an order.

/** `version`, compared as text. `isFinal`: the PBX reported that the record was deleted. */
export type Sending = {
  tenant: string
  endpointId: string
  subject: string
  version: string
  isFinal: boolean
  eventId: string
}

const State = v.object({
  /** The greatest version that was accepted, and its event. */
  accepted: v.optional(v.string()),
  acceptedBy: v.optional(v.string()),
  /** The event that deleted the record. */
  finalBy: v.optional(v.string()),
  /** The version that is being sent. */
  sending: v.optional(v.string()),
  sendingBy: v.optional(v.string()),
  isSendingFinal: v.optional(v.boolean()),
  holder: v.optional(v.string()),
  /** When the lease ends, epoch ms. */
  until: v.optional(v.number()),
})
type State = v.InferOutput<typeof State>

/**
 * `superseded`: by this event. `busy`: another version is being sent, until this time at most
 * (epoch ms).
 */
export type Acquired =
  | { outcome: "acquired" }
  | { outcome: "superseded"; by: string }
  | { outcome: "busy"; until: number }

/** Longer than an attempt takes. */
export const LEASE_MS = 60_000
const ATTEMPTS = 5

const keyOf = ({ tenant, endpointId, subject }: Omit<Sending, "version" | "isFinal" | "eventId">) =>
  orderKey(tenant, endpointId, subject)

/** Acquires the item for one attempt. `holder`: a name unique to the attempt. */
export async function acquire(table: Table, sending: Sending, holder: string): Promise<Acquired> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await acquireFree(table, sending, holder)) return { outcome: "acquired" }
    const item = await getItem(table, keyOf(sending), { consistent: true })
    const state = v.parse(State, item ?? {})
    const by = supersededBy(state, sending)
    if (by !== undefined) return { outcome: "superseded", by }
    if (state.holder === holder) return { outcome: "acquired" }
    if (state.holder === undefined) continue
    const { until = 0 } = state
    if (until > table.now()) return { outcome: "busy", until }
    await settleLost(table, sending, state)
  }
  return { outcome: "busy", until: table.now() + LEASE_MS }
}

/** Releases the item. `hasArrived`: the version was accepted, or may have been. */
export async function releaseLease(
  table: Table,
  sending: Sending,
  holder: string,
  hasArrived: boolean,
): Promise<void> {
  const outcome: Item = !hasArrived
    ? {}
    : sending.isFinal
      ? { finalBy: sending.eventId }
      : { accepted: sending.version, acceptedBy: sending.eventId }
  await write(table, sending, outcome, holder)
}

/**
 * Records an accepted version without acquiring the item: for a message that a pull endpoint's
 * receiver acknowledged.
 */
export async function accept(table: Table, sending: Sending): Promise<void> {
  const { version, eventId, isFinal } = sending
  await change(table, sending, {
    update: isFinal
      ? "SET finalBy = :eventId, expiresAt = :expiresAt"
      : "SET accepted = :version, acceptedBy = :eventId, expiresAt = :expiresAt",
    ...(!isFinal && { condition: "attribute_not_exists(accepted) OR accepted < :version" }),
    values: { ":eventId": eventId, ...(!isFinal && { ":version": version }) },
  })
}

/** The event that supersedes this one, if any. Costs one read. */
export async function findSuperseding(table: Table, sending: Sending): Promise<string | undefined> {
  const item = await getItem(table, keyOf(sending), { consistent: true })
  return supersededBy(v.parse(State, item ?? {}), sending)
}

function supersededBy(state: State, { version, isFinal }: Sending): string | undefined {
  if (isFinal) return undefined
  if (state.finalBy !== undefined) return state.finalBy
  return state.accepted !== undefined && state.accepted > version ? state.acceptedBy : undefined
}

function acquireFree(table: Table, sending: Sending, holder: string): Promise<boolean> {
  const { version, isFinal, eventId } = sending
  const isFree = "attribute_not_exists(holder)"
  const isNews =
    "attribute_not_exists(finalBy) AND (attribute_not_exists(accepted) OR accepted <= :version)"
  return change(table, sending, {
    update:
      "SET sending = :version, sendingBy = :eventId, isSendingFinal = :isFinal, holder = :holder, #until = :until, expiresAt = :expiresAt",
    condition: isFinal ? isFree : `${isFree} AND ${isNews}`,
    names: { "#until": "until" },
    values: {
      ":version": version,
      ":eventId": eventId,
      ":isFinal": isFinal,
      ":holder": holder,
      ":until": table.now() + LEASE_MS,
    },
  })
}

/** The holder died: the version that it was sending counts as accepted. */
async function settleLost(table: Table, sending: Sending, state: State): Promise<void> {
  const { sending: version, sendingBy, isSendingFinal, accepted } = state
  const isNewer = version !== undefined && (accepted === undefined || version > accepted)
  const outcome: Item = isSendingFinal
    ? { finalBy: sendingBy }
    : isNewer
      ? { accepted: version, acceptedBy: sendingBy }
      : {}
  await write(table, sending, outcome, state.holder!)
}

/** Releases the item if this holder still has it. */
async function write(table: Table, sending: Sending, outcome: Item, holder: string): Promise<void> {
  const sets = [
    ...Object.keys(outcome).map((name) => `${name} = :${name}`),
    "expiresAt = :expiresAt",
  ]
  await change(table, sending, {
    update: `SET ${sets.join(", ")} REMOVE sending, sendingBy, isSendingFinal, holder, #until`,
    condition: "holder = :holder",
    names: { "#until": "until" },
    values: {
      ":holder": holder,
      ...Object.fromEntries(Object.entries(outcome).map(([name, value]) => [`:${name}`, value])),
    },
  })
}

async function change(table: Table, sending: Sending, update: Update): Promise<boolean> {
  // Kept for as long as a delivery of it can arrive.
  const expiresAt = toSeconds(table.now() + table.retentionMs)
  const values = { ...update.values, ":expiresAt": expiresAt }
  return (await updateItem(table, keyOf(sending), { ...update, values })) !== undefined
}
