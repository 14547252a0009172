import { createHash } from "node:crypto"
import { decodeBase32, encodeBase32, HASH_BYTES, makeEventId } from "@ringback/events/ids"

export type Key = { pk: string; sk: string }

// Every key begins with the tenant, so no read can reach another tenant's data.
export const tenantOf = (key: Key) => key.pk.split("#", 1)[0]!

export const tenantKey = (tenant: string): Key => ({ pk: "TENANTS", sk: tenant })
export const apiKeyKey = (tenant: string, id: string): Key => ({ pk: tenant, sk: `KEY#${id}` })
export const sourceKey = (tenant: string, id: string): Key => ({ pk: tenant, sk: `SRC#${id}` })
export const endpointKey = (tenant: string, id: string): Key => ({ pk: tenant, sk: `EP#${id}` })
export const healthKey = (tenant: string, id: string): Key => ({ pk: tenant, sk: `HEALTH#${id}` })
/** The ids of a tenant's resources of one kind: see quota.ts. */
export const quotaKey = (tenant: string, kind: string): Key => ({ pk: tenant, sk: `QUOTA#${kind}` })
/** The leases of one kind of work for a tenant: see lease.ts. */
export const leaseKey = (tenant: string, kind: string): Key => ({ pk: tenant, sk: `LEASE#${kind}` })
/** The OAuth token of an endpoint: see oauth-token.ts. */
export const oauthTokenKey = (tenant: string, id: string): Key => ({
  pk: tenant,
  sk: `TOKEN#${id}`,
})
/** A connector's data about its CRM account: see connector.ts. */
export const connectorKey = (tenant: string, id: string): Key => ({ pk: tenant, sk: `CRM#${id}` })
/**
 * A portal link or session: see portal-pass.ts. The operator's sessions are stored next to the
 * tenants'.
 */
export const passKey = (tenant: string | null, id: string): Key => ({
  pk: tenant ?? "OPERATOR",
  sk: `PASS#${id}`,
})
/** A tenant's erased Uuids: see erasure.ts. */
export const erasedPartition = (tenant: string) => `${tenant}#X`
export const ERASED_PREFIX = "UUID#"
export const erasedKey = (tenant: string, uuidHash: string): Key => ({
  pk: erasedPartition(tenant),
  sk: `${ERASED_PREFIX}${uuidHash}`,
})
/** How many Uuids were erased on a day because they are linked to erased ones. */
export const linkedCountKey = (tenant: string, day: string): Key => ({
  pk: erasedPartition(tenant),
  sk: `LINKED#${day}`,
})
export const jobKey = (tenant: string, id: string): Key => ({ pk: tenant, sk: `JOB#${id}` })

/** The audit log, by time. `scope` is a tenant's id or OPERATOR. */
export const auditPartition = (scope: string) => `${scope}#A`

export const auditKey = (scope: string, at: number, id: string): Key => ({
  pk: auditPartition(scope),
  sk: `${millisText(at)}#${id}`,
})

/** SHA-256 of a JSON array, never of joined text: ["a","bc"] and ["ab","c"] must differ. */
export function hashOf(...parts: (string | number | null)[]): Buffer {
  return createHash("sha256").update(JSON.stringify(parts)).digest().subarray(0, HASH_BYTES)
}

export const EVENT_SHARDS = 8
export const eventPartition = (tenant: string, shard: number) => `${tenant}#E#${shard}`

const nanosText = (nanos: bigint) => nanos.toString().padStart(20, "0")

// An event is sorted by its own time and is its own deduplication key: both come from identity
// fields only. There are eight shards, because one partition accepts a thousand writes a second.
export function eventKey(tenant: string, timeNanos: bigint, hash: Buffer): Key {
  const shard = hash.readUInt8(0) % EVENT_SHARDS
  return {
    pk: eventPartition(tenant, shard),
    sk: `${nanosText(timeNanos)}#${encodeBase32(hash)}`,
  }
}

/** The first sort key of events of this time. */
export const eventSortFrom = (timeNanos: bigint) => nanosText(timeNanos)

/** The events of a rare type, in the index of undelivered deliveries: see event.ts. */
export const rareEventPartition = (tenant: string, type: string) => `${tenant}#T#${type}`

/** The id of the event with this key. */
export function eventIdOf(key: Key): string {
  const [time, hash] = key.sk.split("#") as [string, string]
  return makeEventId(BigInt(time), decodeBase32(hash)!)
}

// The claim of an event without a time of its own, independent of when the event was received.
export function claimKey(tenant: string, hash: Buffer): Key {
  return { pk: claimPartition(tenant, hash.readUInt8(0) % EVENT_SHARDS), sk: encodeBase32(hash) }
}
export const claimPartition = (tenant: string, shard: number) => `${tenant}#C#${shard}`

export const CALL_SHARDS = 8
export const callPartition = (tenant: string, shard: number) => `${tenant}#K#${shard}`
export const loggedCallPartition = (tenant: string, shard: number) => `${tenant}#L#${shard}`

/**
 * The stored state of one call, by the dialing's Uuid. In 8 shards, because each dialing event
 * writes it. A test's call may have the Uuid of a real one, and is stored separately. A Uuid is
 * looked for as it was received and as it is stored: see well-formed.ts.
 */
export function callKey(tenant: string, source: string, uuid: string, isTest = false): Key {
  const hash = hashOf(isTest ? "test-call" : "call", source, uuid.toWellFormed())
  return { pk: callPartition(tenant, hash.readUInt8(0) % CALL_SHARDS), sk: encodeBase32(hash) }
}

/** A connector's record of one call, or of a person (by a hash). In 8 shards: each call writes it. */
export function loggedCallKey(tenant: string, endpointId: string, uuid: string, of = "call"): Key {
  const hash = hashOf(`logged ${of}`, endpointId, uuid.toWellFormed())
  const pk = loggedCallPartition(tenant, hash.readUInt8(0) % CALL_SHARDS)
  return { pk, sk: encodeBase32(hash) }
}

export const RECORD_SHARDS = 8
export const recordPartition = (tenant: string, kind: string, shard: number) =>
  `${tenant}#M#${kind}#${shard}`

/** Replaces the kind in the keys of records from tests. */
export const testRoom = (kind: string) => `test-${kind}`

export type RecordPlace = { kind: string; source: string; uuid: string; test?: boolean | undefined }

/**
 * The last known state of a campaign, list, row, ... A test's record is stored where no list reads
 * it.
 */
export function recordKey(tenant: string, { kind, source, uuid, test }: RecordPlace): Key {
  const hash = hashOf("record", source, uuid.toWellFormed())
  const room = test ? testRoom(kind) : kind
  return {
    pk: recordPartition(tenant, room, hash.readUInt8(0) % RECORD_SHARDS),
    sk: encodeBase32(hash),
  }
}

const ORDER_SHARDS = 4

/**
 * What an endpoint has accepted for one record or call. In shards, because each attempt writes it
 * twice.
 */
export function orderKey(tenant: string, endpointId: string, subject: string): Key {
  const hash = hashOf("order", endpointId, subject)
  return {
    pk: `${tenant}#O#${endpointId}#${hash.readUInt8(0) % ORDER_SHARDS}`,
    sk: encodeBase32(hash),
  }
}

export const DELIVERY_SHARDS = 16
const SHARDS_OF_ENDPOINT = 2
export const deliveryPartition = (tenant: string, shard: number) => `${tenant}#D#${shard}`

// Few shards for a whole tenant, so that its log can be read newest first with a bounded number of
// requests. Two per endpoint, so that its own log is quick to read and 2,000 writes a second are
// possible.
export function shardsOfEndpoint(endpointId: string): number[] {
  const first = (hashOf(endpointId).readUInt8(0) * SHARDS_OF_ENDPOINT) % DELIVERY_SHARDS
  return Array.from({ length: SHARDS_OF_ENDPOINT }, (_, index) => first + index)
}

/**
 * The key of a delivery. Its id encodes the key. `createdAt` is the claiming message's receivedAt,
 * epoch ms.
 */
export type DeliveryRef = { shard: number; createdAt: number; hash: Buffer }

// A repeated fan-out creates the same deliveries. A replay is a new delivery.
export function deliveryRef(
  eventId: string,
  endpointId: string,
  createdAt: number,
  replay: string | null = null,
): DeliveryRef {
  const hash = hashOf(eventId, endpointId, replay)
  const shards = shardsOfEndpoint(endpointId)
  return { shard: shards[hash.readUInt8(0) % shards.length]!, createdAt, hash }
}

const millisText = (millis: number) => millis.toString().padStart(14, "0")

export function deliveryKey(tenant: string, ref: DeliveryRef): Key {
  return {
    pk: deliveryPartition(tenant, ref.shard),
    sk: `${millisText(ref.createdAt)}#${encodeBase32(ref.hash)}`,
  }
}

/** The first sort key of deliveries, or of entries of the audit log, of this time. */
export const deliverySortFrom = (millis: number) => millisText(millis)

/** `dlv_` + base32 of 6 bytes of milliseconds, 2 of shard, 12 of hash. */
export function deliveryId(ref: DeliveryRef): string {
  const bytes = Buffer.alloc(8 + HASH_BYTES)
  bytes.writeUIntBE(ref.createdAt, 0, 6)
  bytes.writeUInt16BE(ref.shard, 6)
  bytes.set(ref.hash, 8)
  return `dlv_${encodeBase32(bytes)}`
}

export function parseDeliveryId(id: string): DeliveryRef | undefined {
  if (!id.startsWith("dlv_") || id.length !== 36) return undefined
  const bytes = decodeBase32(id.slice(4))
  if (!bytes || bytes.readUInt16BE(6) >= DELIVERY_SHARDS) return undefined
  return {
    createdAt: bytes.readUIntBE(0, 6),
    shard: bytes.readUInt16BE(6),
    hash: Buffer.from(bytes.subarray(8)),
  }
}

export function deliveryRefOf(key: Key): DeliveryRef {
  const [millis, hash] = key.sk.split("#") as [string, string]
  const shard = Number(key.pk.slice(key.pk.lastIndexOf("#") + 1))
  return { shard, createdAt: Number(millis), hash: decodeBase32(hash)! }
}

/** Records that an event was replayed, so that the event can list that delivery too. */
export const replayPartition = (tenant: string, eventId: string) => `${tenant}#R#${eventId}`

/** The response to an Idempotency-Key. `scope` is a tenant's id or OPERATOR. */
export const idempotencyKey = (scope: string, key: string): Key => ({
  pk: `${scope}#I#${encodeBase32(hashOf(key))}`,
  sk: "-",
})

/**
 * Announced changes of tenants, by time: see changes.ts. Those of all tenants are stored together,
 * because workers read all at once.
 */
export const changesPartition = "CHANGES"
export const changesSince = millisText

export const changeKey = (at: number, tenant: string): Key => ({
  pk: changesPartition,
  sk: `${millisText(at)}#${tenant}`,
})

export const DUE_SHARDS = 16
export const dueShard = (shard: number) => `due#${shard}`
export const dueShardOf = (ref: DeliveryRef) => dueShard(ref.hash.readUInt8(1) % DUE_SHARDS)

export const OPEN_SHARDS = 8
export const openPartition = (tenant: string, status: string, shard: number) =>
  `${tenant}#${status}#${shard}`
export const openKeyOf = (tenant: string, status: string, ref: DeliveryRef) =>
  openPartition(tenant, status, ref.hash.readUInt8(2) % OPEN_SHARDS)
