import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as Keys from "@ringback/store/item-keys"

// What a key is written to has to be where lists, walks and erasures read.

const T = "ten_06fzk3vq8r2m5x0c9d7g4h1jtw"
const many = Array.from({ length: 400 }, (_, index) => `x${index}`)
const hashes = many.map((text) => Keys.hashOf(text))
const refs = many.map((text) => Keys.deliveryRef(`evt_${text}`, `ep_${text}`, 1_800_000_000_000))
const numbered = (count: number, make: (shard: number) => string) =>
  Array.from({ length: count }, (_, shard) => make(shard))

describe("many keys lie in all of the partitions that are read, and in no other", () => {
  const cases: [what: string, written: string[], read: string[]][] = [
    [
      "events",
      hashes.map((hash) => Keys.eventKey(T, 1n, hash).pk),
      numbered(Keys.EVENT_SHARDS, (shard) => Keys.eventPartition(T, shard)),
    ],
    [
      "claims",
      hashes.map((hash) => Keys.claimKey(T, hash).pk),
      numbered(Keys.EVENT_SHARDS, (shard) => Keys.claimPartition(T, shard)),
    ],
    [
      "calls",
      many.flatMap((uuid) => [
        Keys.callKey(T, "src_a", uuid).pk,
        Keys.callKey(T, "src_a", uuid, true).pk,
      ]),
      numbered(Keys.CALL_SHARDS, (shard) => Keys.callPartition(T, shard)),
    ],
    [
      "logged calls",
      many.map((uuid) => Keys.loggedCallKey(T, "ep_a", uuid).pk),
      numbered(Keys.CALL_SHARDS, (shard) => Keys.loggedCallPartition(T, shard)),
    ],
    [
      "records",
      many.map((uuid) => Keys.recordKey(T, { kind: "plan", source: "src_a", uuid }).pk),
      numbered(Keys.RECORD_SHARDS, (shard) => Keys.recordPartition(T, "plan", shard)),
    ],
    [
      "records of tests",
      many.map((uuid) => Keys.recordKey(T, { kind: "plan", source: "a", uuid, test: true }).pk),
      numbered(Keys.RECORD_SHARDS, (shard) =>
        Keys.recordPartition(T, Keys.testRoom("plan"), shard),
      ),
    ],
    [
      "deliveries",
      refs.map((ref) => Keys.deliveryKey(T, ref).pk),
      numbered(Keys.DELIVERY_SHARDS, (shard) => Keys.deliveryPartition(T, shard)),
    ],
    [
      "what is open",
      refs.map((ref) => Keys.openKeyOf(T, "failed", ref)),
      numbered(Keys.OPEN_SHARDS, (shard) => Keys.openPartition(T, "failed", shard)),
    ],
    [
      "what is due",
      refs.map((ref) => Keys.dueShardOf(ref)),
      numbered(Keys.DUE_SHARDS, (shard) => Keys.dueShard(shard)),
    ],
    [
      "what an endpoint accepted",
      many.map((subject) => Keys.orderKey(T, "ep_a", subject).pk),
      numbered(4, (shard) => `${T}#O#ep_a#${shard}`),
    ],
  ]
  for (const [what, written, read] of cases)
    test(what, () => assert.deepEqual([...new Set(written)].toSorted(), read.toSorted()))

  test("those of one endpoint, whose log is read alone", () => {
    for (const endpoint of many.slice(0, 40)) {
      const shards = many.map((text) => Keys.deliveryRef(text, endpoint, 1).shard)
      const expected = Keys.shardsOfEndpoint(endpoint)
      assert.deepEqual(new Set(shards), new Set(expected))
      assert.equal(expected.length, 2)
      assert.ok(expected.every((shard) => shard < Keys.DELIVERY_SHARDS))
    }
  })
})

test("no two things have one key, however their names are cut", () => {
  const record = (kind: string, source: string, uuid: string, isTest = false) =>
    Keys.recordKey(T, { kind, source, uuid, test: isTest })
  const keys = [
    Keys.tenantKey(T),
    Keys.apiKeyKey(T, "a"),
    Keys.sourceKey(T, "a"),
    Keys.endpointKey(T, "a"),
    Keys.healthKey(T, "a"),
    Keys.quotaKey(T, "a"),
    Keys.leaseKey(T, "a"),
    Keys.oauthTokenKey(T, "a"),
    Keys.connectorKey(T, "a"),
    Keys.passKey(T, "a"),
    Keys.passKey(null, "a"),
    Keys.jobKey(T, "a"),
    Keys.callKey(T, "a", "bc"),
    Keys.callKey(T, "ab", "c"),
    Keys.callKey(T, "a", "bc", true),
    Keys.loggedCallKey(T, "a", "bc"),
    Keys.loggedCallKey(T, "ab", "c"),
    Keys.loggedCallKey(T, "a", "bc", "person"),
    record("plan", "a", "bc"),
    record("plan", "ab", "c"),
    record("dlma", "a", "bc"),
    record("plan", "a", "bc", true),
    Keys.orderKey(T, "a", "bc"),
    Keys.orderKey(T, "ab", "c"),
    Keys.idempotencyKey(T, "a"),
    Keys.idempotencyKey(T, "b"),
  ]
  const ids = (index: number) =>
    keys.filter(({ pk, sk }) => pk === keys[index]!.pk && sk === keys[index]!.sk)
  for (const index of keys.keys()) assert.equal(ids(index).length, 1, JSON.stringify(keys[index]))
  for (const key of keys.filter(({ pk }) => !/^(TENANTS|OPERATOR)/.test(pk)))
    assert.equal(Keys.tenantOf(key), T)
})

test("keys sort by time, whatever its length, and begin where a list of that time begins", () => {
  const hash = hashes[0]!
  const nanos = [0n, 9n, 10n, 99n, 1_800_000_000_000_000_000n, 2n ** 63n]
  const events = nanos.map((time) => Keys.eventKey(T, time, hash).sk)
  assert.deepEqual(events.toSorted(), events)
  nanos.forEach((time, at) => assert.ok(events[at]!.startsWith(`${Keys.eventSortFrom(time)}#`)))
  const millis = [0, 9, 10, 1_800_000_000_000, 99_999_999_999_999]
  const deliveries = millis.map(
    (createdAt) => Keys.deliveryKey(T, { shard: 0, createdAt, hash }).sk,
  )
  assert.deepEqual(deliveries.toSorted(), deliveries)
  millis.forEach((at, index) =>
    assert.ok(deliveries[index]!.startsWith(`${Keys.deliverySortFrom(at)}#`)),
  )
  const changes = millis.map((at) => Keys.changeKey(at, T).sk)
  assert.deepEqual(changes.toSorted(), changes)
  assert.ok(Keys.auditKey(T, 9, "x").sk < Keys.auditKey(T, 10, "a").sk)
})

test("an id leads back to its key, and what is none leads nowhere", () => {
  for (const ref of refs) {
    const id = Keys.deliveryId(ref)
    assert.match(id, /^dlv_[0-9a-z]{32}$/)
    assert.deepEqual(Keys.parseDeliveryId(id), ref)
    assert.deepEqual(Keys.deliveryRefOf(Keys.deliveryKey(T, ref)), ref)
  }
  const [ref] = refs as [Keys.DeliveryRef]
  const id = Keys.deliveryId(ref)
  const wrong = ["", "dlv_", `${id}0`, id.slice(0, -1), `evt_${id.slice(4)}`, `${id.slice(0, -1)}!`]
  const beyond = Keys.deliveryId({ ...ref, shard: Keys.DELIVERY_SHARDS })
  for (const each of [...wrong, beyond]) assert.equal(Keys.parseDeliveryId(each), undefined, each)
  const last = Keys.deliveryId({ ...ref, shard: Keys.DELIVERY_SHARDS - 1 })
  assert.equal(Keys.parseDeliveryId(last)!.shard, Keys.DELIVERY_SHARDS - 1)
})
