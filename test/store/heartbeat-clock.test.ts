import assert from "node:assert/strict"
import { test } from "node:test"
import type { HeartbeatMessage } from "@ringback/events/message"
import * as Heartbeat from "@ringback/store/heartbeat"
import { updateItem } from "@ringback/store/item"
import { sourceKey } from "@ringback/store/item-keys"
import * as Source from "@ringback/store/source"
import { uncovered } from "@ringback/store/spans"
import { DAY, MINUTE, START, useTable } from "./table.ts"

// Collectors whose clocks are wrong or are set. `world.now` is the server's clock.

const world = useTable()
const SECOND = 1000
const BEAT = 100 * SECOND

async function makeReporter() {
  const { source } = await Source.create(world.table, world.tenant, { name: "pbx" })
  const read = async () =>
    (await Source.get(world.table, world.tenant, source.id, { consistent: true }))!
  return {
    read,
    health: async () => Heartbeat.healthOf(await read(), world.now),
    collector: async (name = "a") => (await read()).collectors[name]!,
    send: (some: Partial<HeartbeatMessage>, heardAt = world.now) =>
      Heartbeat.record(
        world.table,
        source,
        {
          v: 1,
          kind: "heartbeat",
          id: "m",
          tenant: world.tenant,
          source: source.id,
          collector: "a",
          receivedAt: world.now,
          version: "1.0",
          connectedSince: START - MINUTE,
          spoolDepth: 0,
          spoolAgeSeconds: 0,
          ...some,
        },
        { heardAt },
      ),
  }
}

for (const [what, aheadMs] of [
  ["four minutes slow", -4 * MINUTE],
  ["ten minutes fast", 10 * MINUTE],
] as const) {
  test(`a collector whose clock is ${what} is connected when heard, and silent in time`, async () => {
    const { send, health } = await makeReporter()
    await send({ receivedAt: START + aheadMs, connectedSince: START + aheadMs - MINUTE })
    assert.deepEqual([(await health()).status, (await health()).lastSeenAt], ["connected", START])
    world.now = START + Heartbeat.SILENT_AFTER_SECONDS * SECOND - 1
    assert.equal((await health()).status, "connected")
    world.now++
    assert.equal((await health()).status, "silent")
  })
}

test("a heartbeat that waited in the queue says when it was sent, not when it was read", async () => {
  const { send, health } = await makeReporter()
  world.now = START + 10 * MINUTE
  await send({ receivedAt: START }, START)
  assert.deepEqual([(await health()).status, (await health()).lastSeenAt], ["silent", START])
})

test("the collector heard last speaks for its source, whatever the clocks say", async () => {
  const { send, health } = await makeReporter()
  await send({ collector: "fast", receivedAt: START + DAY, version: "1.0" })
  world.now += BEAT
  await send({ collector: "a", version: "2.0" })
  assert.equal((await health()).version, "2.0")
})

test("a clock that is weeks ahead makes no other collector forgotten", async () => {
  const { send, read } = await makeReporter()
  await send({ collector: "right" })
  await send({ collector: "fast", receivedAt: START + 30 * DAY })
  assert.deepEqual(Object.keys((await read()).collectors).sort(), ["fast", "right"])
})

test("after a clock was set back, the next heartbeat counts", async () => {
  const set = START - 60 * MINUTE
  const cases: [string, Partial<HeartbeatMessage>, Partial<HeartbeatMessage>][] = [
    ["of the same run", { run: "r", number: 7 }, { run: "r", number: 8 }],
    ["of the next run", { run: "r", number: 7 }, { run: "s", number: 0 }],
    ["of a collector that does not number them", {}, {}],
    ["of a collector that now numbers them", {}, { run: "r", number: 0 }],
    ["of a collector that no longer numbers them", { run: "r", number: 7 }, {}],
  ]
  for (const [what, first, second] of cases) {
    world.now = START
    const { send, collector, health } = await makeReporter()
    await send({ ...first })
    world.now += BEAT
    await send({ ...second, receivedAt: set, connectedSince: null })
    assert.equal((await collector()).at, set, what)
    assert.deepEqual(
      [(await health()).status, (await health()).lastSeenAt],
      ["disconnected", world.now],
      what,
    )
  }
})

test("an older heartbeat that is received later changes nothing", async () => {
  const cases: [string, Partial<HeartbeatMessage>, Partial<HeartbeatMessage>, number][] = [
    ["the same again", { run: "r", number: 7 }, { run: "r", number: 7 }, START],
    ["of the same run", { run: "r", number: 7 }, { run: "r", number: 6 }, START + 1],
    [
      "by a faster clock",
      { run: "r", number: 7 },
      { run: "r", number: 6, receivedAt: 2 * START },
      START,
    ],
    ["of the run before", { run: "s", number: 0 }, { run: "r", number: 7 }, START - 1],
    ["not numbered", {}, {}, START - 1],
    ["not numbered, the same again", {}, {}, START],
  ]
  for (const [what, first, second, heardAt] of cases) {
    const { send, collector } = await makeReporter()
    await send({ ...first })
    await send({ ...second, version: "0.9" }, heardAt)
    const { version, count } = await collector()
    assert.deepEqual([version, count], ["1.0", 1], what)
  }
})

test("a collector of which only its own time is stored is ordered and judged by that", async () => {
  const old = { at: START, version: "0.9", connectedSince: 1, spoolDepth: 0, spoolAgeSeconds: 0 }
  const { read, send, health } = await makeReporter()
  await updateItem(world.table, sourceKey(world.tenant, (await read()).id), {
    update: "SET collectors.a = :a",
    values: { ":a": { ...old, spans: [], count: 1 } },
  })
  const { status, lastSeenAt } = await health()
  assert.deepEqual([status, lastSeenAt], ["connected", START])
  world.now += BEAT
  await send({ receivedAt: START })
  assert.equal((await health()).version, "0.9")
  await send({ receivedAt: START + 1 })
  assert.deepEqual([(await health()).version, (await health()).lastSeenAt], ["1.0", world.now])
})

test("a session goes on when its clock is set back, and covers nothing that is still to come", async () => {
  const { send, collector } = await makeReporter()
  const session = { connectedSince: START - MINUTE, run: "r" }
  await send({ ...session, number: 0, readUntil: START })
  // Its clock is set back by ten minutes; what it last read was read before.
  let at = START - 10 * MINUTE + BEAT
  await send({ ...session, number: 1, receivedAt: at, readUntil: START })
  const later = [at, at + 60 * MINUTE] as const
  assert.deepEqual(uncovered(...later, (await collector()).spans), [[...later]])
  assert.equal((await collector()).readUntil, at)
  for (let number = 2; number < 5; number++) {
    const from = at
    at += BEAT
    await send({ ...session, number, receivedAt: at, readUntil: at - SECOND })
    assert.deepEqual(uncovered(from, at, (await collector()).spans), [[at - SECOND, at]])
  }
  const before = { readBefore: [START - MINUTE, START] as [number, number], connectedSince: null }
  await send({ ...before, run: "r", number: 5, receivedAt: at + BEAT })
  assert.ok((await collector()).spans.every(([, to]) => to <= at + BEAT))
})
