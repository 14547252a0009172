import { createHash } from "node:crypto"
import * as v from "valibot"
import type { Endpoint } from "./endpoint-item.ts"
import { assignmentsOf, getItem, updateItem, type Item } from "./item.ts"
import { connectorKey, loggedCallKey, type Key } from "./item-keys.ts"
import { toSeconds, type Table } from "./table.ts"

const Kept = v.record(v.string(), v.string())
type Kept = v.InferOutput<typeof Kept>

const Stored = v.object({
  kept: v.optional(Kept, {}),
  /** Identifies the account that it was kept for. It is not valid for another. */
  fingerprint: v.optional(v.string(), ""),
  /** The newest event of the call that is in the CRM. */
  version: v.exactOptional(v.string()),
  eventId: v.exactOptional(v.string()),
  leaseOwner: v.exactOptional(v.string()),
  leaseUntil: v.optional(v.number(), 0),
  /** The call was erased: nothing is kept of it any more. */
  erased: v.optional(v.boolean(), false),
})

/** An endpoint with the account of its connector. */
export type Logging = { tenant: string; endpointId: string; fingerprint: string }

/**
 * A call in an endpoint's CRM, or a person for whom a contact was made: then `uuid` is a hash of
 * the person. `owner`: the attempt that is working on it.
 */
export type LoggedCall = Logging & { uuid: string; owner: string; isPerson?: boolean }

type CallOf = Pick<LoggedCall, "tenant" | "endpointId" | "uuid" | "isPerson">

/**
 * Identifies a connector's account by its CRM's URL and its encrypted credentials. What is known of
 * one account, such as the ids of contacts, is wrong in another.
 */
export const fingerprintOf = ({ url, auth }: Pick<Endpoint, "url" | "auth">) =>
  createHash("sha256")
    .update(JSON.stringify([url, auth]))
    .digest("base64url")

export type Begun =
  | { outcome: "begun"; kept: Kept; version: string | undefined; eventId: string | undefined }
  /** Another attempt is working on this call, until this time at most. */
  | { outcome: "busy"; until: number }

/**
 * Starts an exclusive attempt on a call: two concurrent attempts could create two activities. An
 * attempt that died blocks the next one for `leaseMs` at most, which must be longer than an attempt
 * can take.
 */
export async function begin(table: Table, call: LoggedCall, leaseMs: number): Promise<Begun> {
  const now = table.now()
  const item = await update(table, keyOf(call), {
    set: {
      // What is left when the endpoint is deleted is found by it.
      endpointId: call.endpointId,
      leaseOwner: call.owner,
      leaseUntil: now + leaseMs,
      expiresAt: toSeconds(now + table.retentionMs),
    },
    // An erasure finds a call by its events. What is kept of it must not be stored for longer. What
    // is kept of a person is for the next calls.
    once: call.isPerson ? [] : ["expiresAt"],
    condition: "attribute_not_exists(leaseUntil) OR leaseUntil <= :at OR leaseOwner = :owner",
    values: { ":at": now, ":owner": call.owner },
  })
  if (!item) {
    const other = v.parse(Stored, (await getItem(table, keyOf(call), { consistent: true })) ?? {})
    return { outcome: "busy", until: other.leaseUntil }
  }
  const { version, eventId } = v.parse(Stored, item)
  return { outcome: "begun", kept: keptIn(item, call), version, eventId }
}

/**
 * Stores what is known of a call by now. False if the call was erased in the meantime: then nothing
 * is stored. Throws if another attempt has taken over.
 */
export async function keepCall(table: Table, call: LoggedCall, kept: Kept): Promise<boolean> {
  const item = await update(table, keyOf(call), {
    set: { kept, fingerprint: call.fingerprint },
    condition: "leaseOwner = :owner AND attribute_not_exists(erased)",
    values: { ":owner": call.owner },
  })
  if (item) return true
  const other = v.parse(Stored, (await getItem(table, keyOf(call), { consistent: true })) ?? {})
  if (other.erased && other.leaseOwner === call.owner) return false
  throw new Error("Another attempt has taken over this call")
}

/**
 * Removes a call's contact and its ids in the CRM, also those of its person. Which of its events is
 * in the CRM is kept. An attempt that is still working on the call stores nothing more.
 */
export async function emptyCall(table: Table, call: CallOf): Promise<void> {
  const before = await updateItem(table, keyOf(call), {
    update: "SET erased = :true, endpointId = :endpointId, expiresAt = :expiresAt REMOVE kept",
    values: {
      ":true": true,
      ":endpointId": call.endpointId,
      ":expiresAt": toSeconds(table.now() + table.retentionMs),
    },
    returns: "ALL_OLD",
  })
  const { person } = v.parse(Stored, before?.item ?? {}).kept
  if (person !== undefined) await emptyPerson(table, { ...call, uuid: person })
}

/** Removes the contact that was made for a person. The next call to them may make another. */
export async function emptyPerson(table: Table, person: CallOf): Promise<void> {
  await updateItem(table, keyOf({ ...person, isPerson: true }), {
    update: "REMOVE kept",
    condition: "attribute_exists(kept)",
  })
}

/** Ends an attempt. `done`: the event that is in the CRM now. */
export async function end(
  table: Table,
  call: LoggedCall,
  done: { version: string; eventId: string } | undefined,
): Promise<void> {
  await update(table, keyOf(call), {
    set: { leaseUntil: 0, ...done },
    condition: "leaseOwner = :owner",
    values: { ":owner": call.owner },
  })
}

/** The stored data about the endpoint's account in the CRM. */
export async function accountOf(table: Table, logging: Logging): Promise<Kept> {
  const item = await getItem(table, connectorKey(logging.tenant, logging.endpointId))
  return keptIn(item, logging)
}

export async function keepAccount(table: Table, logging: Logging, kept: Kept): Promise<void> {
  const { tenant, endpointId, fingerprint } = logging
  await update(table, connectorKey(tenant, endpointId), { set: { kept, fingerprint } })
}

function keptIn(item: Item | undefined, { fingerprint }: Logging): Kept {
  const stored = v.parse(Stored, item ?? {})
  if (stored.fingerprint === fingerprint) return stored.kept
  // An erasure finds by it what was kept of the person for another account.
  const { person } = stored.kept
  return person === undefined ? {} : { person }
}

const keyOf = ({ tenant, endpointId, uuid, isPerson }: CallOf) =>
  loggedCallKey(tenant, endpointId, uuid, isPerson ? "person" : "call")

/** `once`: those of `set` that keep an existing value. */
type Write = { set: Item; once?: string[]; condition?: string; values?: Item }

/** The item after the write. Undefined if the condition failed. */
async function update(table: Table, key: Key, write: Write): Promise<Item | undefined> {
  const { sets, names, values } = assignmentsOf(write.set, write.once)
  const updated = await updateItem(table, key, {
    update: `SET ${sets.join(", ")}`,
    condition: write.condition,
    names,
    values: { ...values, ...write.values },
    returns: "ALL_NEW",
  })
  return updated?.item
}
