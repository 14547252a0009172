import * as v from "valibot"
import { getItem, updateItem, type Item, type Update } from "./item.ts"
import { orderKey } from "./keys.ts"
import { toSeconds, type Table } from "./table.ts"

// ORDER `latest`: WHAT AN ENDPOINT HAS ACCEPTED OF ONE RECORD OR CALL
//
// One item for each endpoint and subject. Who wants to send takes the item first, alone: it says which version is on its
// way. When the outcome is known the item is given back, with that version as the accepted one if it may have arrived. So
// while a newer version is on its way no older one is, and none follows it. Who dies on the way leaves the item taken for
// a minute; then what was on its way counts as accepted, for nobody knows.
//
// Two writes for each attempt, and nothing at endpoints that do not ask for it.

/** `version`, compared as text; `isFinal`: the PBX said that the record is gone. */
export type Sending = {
  tenant: string
  endpointId: string
  subject: string
  version: string
  isFinal: boolean
  eventId: string
}

const State = v.object({
  /** The greatest version that was accepted, and the event that bore it. */
  accepted: v.optional(v.string()),
  acceptedBy: v.optional(v.string()),
  /** The event by which the record is gone. */
  finalBy: v.optional(v.string()),
  /** What is on its way. */
  sending: v.optional(v.string()),
  sendingBy: v.optional(v.string()),
  isSendingFinal: v.optional(v.boolean()),
  holder: v.optional(v.string()),
  /** Until when it is taken, epoch ms. */
  until: v.optional(v.number()),
})
type State = v.InferOutput<typeof State>

/** `superseded`: by that event. `busy`: another version is on its way, until that time at most (epoch ms). */
export type Taken =
  { outcome: "taken" } | { outcome: "superseded"; by: string } | { outcome: "busy"; until: number }

/** Longer than an attempt takes. */
export const HELD_MS = 60_000
const ATTEMPTS = 5

const keyOf = ({ tenant, endpointId, subject }: Omit<Sending, "version" | "isFinal" | "eventId">) =>
  orderKey(tenant, endpointId, subject)

/** Takes the item for one attempt. `holder`: a name of this attempt's own. */
export async function take(table: Table, sending: Sending, holder: string): Promise<Taken> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await takeFree(table, sending, holder)) return { outcome: "taken" }
    const item = await getItem(table, keyOf(sending), { consistent: true })
    const state = v.parse(State, item ?? {})
    const by = supersededBy(state, sending)
    if (by !== undefined) return { outcome: "superseded", by }
    if (state.holder === holder) return { outcome: "taken" }
    if (state.holder === undefined) continue
    const { until = 0 } = state
    if (until > table.now()) return { outcome: "busy", until }
    await settleLost(table, sending, state)
  }
  return { outcome: "busy", until: table.now() + HELD_MS }
}

/** Gives it back. `hasArrived`: it was accepted, or nobody knows. */
export async function giveBack(
  table: Table,
  sending: Sending,
  holder: string,
  hasArrived: boolean,
): Promise<void> {
  const said: Item = !hasArrived
    ? {}
    : sending.isFinal
      ? { finalBy: sending.eventId }
      : { accepted: sending.version, acceptedBy: sending.eventId }
  await write(table, sending, said, holder)
}

/** Without having taken it: what a receiver that fetches has acknowledged. */
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

/** By which event it is superseded, if by any. One read. */
export async function look(table: Table, sending: Sending): Promise<string | undefined> {
  const item = await getItem(table, keyOf(sending), { consistent: true })
  return supersededBy(v.parse(State, item ?? {}), sending)
}

function supersededBy(state: State, { version, isFinal }: Sending): string | undefined {
  if (isFinal) return undefined
  if (state.finalBy !== undefined) return state.finalBy
  return state.accepted !== undefined && state.accepted > version ? state.acceptedBy : undefined
}

function takeFree(table: Table, sending: Sending, holder: string): Promise<boolean> {
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
      ":until": table.now() + HELD_MS,
    },
  })
}

/** Whoever had it died: what was on its way counts as accepted. */
async function settleLost(table: Table, sending: Sending, state: State): Promise<void> {
  const { sending: version, sendingBy, isSendingFinal, accepted } = state
  const isNewer = version !== undefined && (accepted === undefined || version > accepted)
  const said: Item = isSendingFinal
    ? { finalBy: sendingBy }
    : isNewer
      ? { accepted: version, acceptedBy: sendingBy }
      : {}
  await write(table, sending, said, state.holder!)
}

/** Nobody has it from here on, if that holder still had it. */
async function write(table: Table, sending: Sending, said: Item, holder: string): Promise<void> {
  const sets = [...Object.keys(said).map((name) => `${name} = :${name}`), "expiresAt = :expiresAt"]
  await change(table, sending, {
    update: `SET ${sets.join(", ")} REMOVE sending, sendingBy, isSendingFinal, holder, #until`,
    condition: "holder = :holder",
    names: { "#until": "until" },
    values: {
      ":holder": holder,
      ...Object.fromEntries(Object.entries(said).map(([name, value]) => [`:${name}`, value])),
    },
  })
}

async function change(table: Table, sending: Sending, update: Update): Promise<boolean> {
  // As long as a delivery of it may come.
  const expiresAt = toSeconds(table.now() + table.retentionMs)
  const values = { ...update.values, ":expiresAt": expiresAt }
  return (await updateItem(table, keyOf(sending), { ...update, values })) !== undefined
}
