import assert from "node:assert/strict"
import { test } from "node:test"
import type { HeaderPair } from "@ringback/events/header"
import { identify } from "@ringback/events/identity"
import { makeId } from "@ringback/events/ids"
import type { EventMessage } from "@ringback/events/message"
import { parseStamp } from "@ringback/events/stamp"

const CREATED = "2016-01-01T00:00:00.1Z"
const UPDATED = "2016-01-02T00:00:00.1Z"
const DELETED = "2016-01-03T00:00:00.1Z"
const [tenant, source] = [makeId("ten", 1), makeId("src", 1)]

function identityOf(event: string, said: Record<string, string>, more: Partial<EventMessage> = {}) {
  const headers: HeaderPair[] = [["Event", event], ["Uuid", "u"], ...Object.entries(said)]
  return identify({
    v: 1,
    kind: "event",
    id: "a".repeat(22),
    tenant,
    source,
    collector: "c".repeat(22),
    receivedAt: Date.parse("2026-11-22T06:30:00Z"),
    headers,
    ...more,
  })
}
const hashOf = (...of: Parameters<typeof identityOf>) => identityOf(...of).hash.toString("hex")

test("an event's time is its delete's, else its update's; a create alone counts its own", () => {
  const time = (event: string, said: Record<string, string>) => identityOf(event, said).timeNanos
  const all = { TmCreate: CREATED, TmUpdate: UPDATED, TmDelete: DELETED }
  assert.equal(time("OutPlanDelete", all), parseStamp(DELETED))
  assert.equal(time("OutPlanUpdate", { TmCreate: CREATED, TmUpdate: UPDATED }), parseStamp(UPDATED))
  assert.equal(time("OutPlanCreate", { TmCreate: CREATED }), parseStamp(CREATED))
  assert.equal(time("OutPlanDelete", { TmCreate: CREATED }), 0n)
})

test("when a record was created tells nothing of its delete: with it and without, it is one event", () => {
  assert.equal(hashOf("OutPlanDelete", { TmCreate: CREATED }), hashOf("OutPlanDelete", {}))
  assert.notEqual(hashOf("OutPlanCreate", { TmCreate: CREATED }), hashOf("OutPlanCreate", {}))
})

test("a time beyond the century counts as none, on either side", () => {
  for (const stamp of ["1999-12-31T23:59:59.999999999Z", "2100-01-01T00:00:00.0Z"])
    assert.equal(identityOf("OutPlanDelete", { TmDelete: stamp }).timeNanos, 0n)
})

test("what bears no time of its own is as old as its reading, where that is plausible", () => {
  const receivedAt = Date.parse("2026-11-22T06:30:00Z")
  assert.equal(identityOf("OutQueueUpdate", {}).timeNanos, BigInt(receivedAt) * 1_000_000n)
  assert.equal(identityOf("OutQueueUpdate", {}, { receivedAt: 5 }).timeNanos, 0n)
  const [here, later] = [{ receivedAt: 5 }, { receivedAt: 6 }]
  assert.notEqual(hashOf("OutQueueUpdate", {}, here), hashOf("OutQueueUpdate", {}, later))
})

test("each part makes an event another: name, Uuid, source, times, that it is a test, that it is inferred", () => {
  const said = { TmUpdate: UPDATED }
  const others = [
    hashOf("OutPlanUpdate", said),
    hashOf("OutPlanDelete", said),
    hashOf("OutPlanUpdate", { TmUpdate: DELETED }),
    hashOf("OutPlanUpdate", { ...said, TmDelete: DELETED }),
    hashOf("OutPlanUpdate", said, { source: makeId("src", 2) }),
    hashOf("OutPlanUpdate", said, { test: true }),
    hashOf("OutPlanUpdate", said, { synthetic: { reason: "r", gap: "g" } }),
    hashOf(
      "OutPlanUpdate",
      {},
      {
        headers: [
          ["Event", "OutPlanUpdate"],
          ["Uuid", "v"],
          ["TmUpdate", UPDATED],
        ],
      },
    ),
  ]
  assert.equal(new Set(others).size, others.length)
  const same = { id: "b".repeat(22), collector: "d".repeat(22), receivedAt: 7 }
  assert.equal(hashOf("OutPlanUpdate", said, same), others[0])
})

test("an inferred event is one for both collectors, unless its state may come back", () => {
  const inferred = (id: string) => ({ id: id.repeat(22), synthetic: { reason: "r", gap: id } })
  const pair = (event: string, said: Record<string, string>) => [
    hashOf(event, said, inferred("a")),
    hashOf(event, said, inferred("b")),
  ]
  for (const event of ["OutPlanUpdate", "OutPlanDelete", "OutDlListDelete", "OutQueueCreate"]) {
    const [one, other] = pair(event, { TmUpdate: UPDATED, Name: "n" })
    assert.equal(one, other, event)
  }
  for (const event of ["OutDlListUpdate", "OutQueueUpdate"]) {
    const [one, other] = pair(event, { Name: "n" })
    assert.notEqual(one, other, event)
  }
  const named = (Name: string) => hashOf("OutPlanDelete", { Name }, inferred("a"))
  assert.notEqual(named("n"), named("m"))
})
