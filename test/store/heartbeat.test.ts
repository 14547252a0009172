import assert from "node:assert/strict"
import { test } from "node:test"
import { HEARTBEAT_SECONDS } from "@ringback/events/heartbeat"
import type { HeartbeatMessage } from "@ringback/events/message"
import { listChanges } from "@ringback/store/changes"
import * as Heartbeat from "@ringback/store/heartbeat"
import * as PbxClock from "@ringback/store/pbx-clock"
import * as Source from "@ringback/store/source"
import type { Collector } from "@ringback/store/source"
import { countedClients, total, type Counts } from "../harness/counted.ts"
import { DAY, MINUTE, START, useTable } from "./table.ts"

const world = useTable({ isLagging: true })
const WEEK = 7 * DAY
const SILENT_MS = Heartbeat.SILENT_AFTER_SECONDS * 1000

const beat = (some: Partial<HeartbeatMessage> = {}): HeartbeatMessage => ({
  v: 1,
  kind: "heartbeat",
  id: "m",
  tenant: world.tenant,
  source: "s",
  collector: "a",
  receivedAt: START,
  version: "1.0",
  connectedSince: START - MINUTE,
  spoolDepth: 3,
  spoolAgeSeconds: 2,
  ...some,
})
const makeSource = async () =>
  (await Source.create(world.table, world.tenant, { name: "pbx" })).source
const said = { at: START, version: "1.0", spoolDepth: 3, spoolAgeSeconds: 2 }

test("what a collector says of itself is kept at its source, and when it read", async () => {
  const source = await makeSource()
  const record = async (some: Partial<HeartbeatMessage>) =>
    (await Heartbeat.record(world.table, source, beat(some)))!.collectors["a"]
  const connectedSince = START - MINUTE
  const first = {
    ...said,
    heardAt: START,
    connectedSince,
    spans: [[connectedSince, START, 0]],
    count: 1,
  }
  assert.deepEqual(await record({}), first)
  const read = await Source.get(world.table, world.tenant, source.id, { consistent: true })
  assert.deepEqual(read!.collectors["a"], first)
  assert.deepEqual(await record({ version: "0.9" }), first, "not newer")
  const later = { receivedAt: START + 1000, skewMs: 5, readUntil: START + 400 }
  assert.deepEqual(await record(later), {
    ...first,
    at: START + 1000,
    skewMs: 5,
    readUntil: START + 400,
    spans: [[connectedSince, START + 400, 0]],
    count: 2,
  })
  const away = { receivedAt: START + 2000, connectedSince: null, readUntil: START + 1500 }
  assert.deepEqual(await record(away), {
    ...said,
    heardAt: START,
    at: START + 2000,
    connectedSince: null,
    skewMs: 5,
    spans: [[connectedSince, START + 400, 0]],
    count: 3,
  })
  const back = { receivedAt: START + 3000, connectedSince: null }
  const before = await record({ ...back, readBefore: [connectedSince, START + 1500] })
  assert.deepEqual(before!.spans, [[connectedSince, START + 1500, 0]])
  const begun = { receivedAt: START + 4000, connectedSince: START + 3900, readUntil: START }
  assert.deepEqual((await record(begun))!.spans.at(-1), [START + 3900, START + 3900, 1])
})

test("a source that was just read is not read again, and one that was not is", async () => {
  const source = await makeSource()
  const counts: Counts = {}
  const clients = countedClients(world.stack, counts, "note")
  const table = { ...world.table, client: clients.dynamodb }
  await Heartbeat.record(table, source, beat(), { isFresh: true })
  assert.equal(total(counts, "dynamodb", /Get/), 0)
  await Heartbeat.record(table, source, beat({ receivedAt: START + 1 }))
  assert.equal(total(counts, "dynamodb", /Get/), 1)
  clients.close()
})

test("a gap cuts what its collector read, and no one else's", async () => {
  const source = await makeSource()
  await Heartbeat.record(world.table, source, beat())
  const gap = { from: START - 40_000, to: START - 20_000 }
  const cut = await Heartbeat.recordGap(world.table, source, "a", gap)
  assert.deepEqual(cut!.collectors["a"]!.spans, [
    [START - MINUTE, gap.from, 0],
    [gap.to, START, 0],
  ])
  const unknown = await Heartbeat.recordGap(world.table, source, "b", gap)
  assert.deepEqual(Object.keys(unknown!.collectors), ["a"])
  await Source.remove(world.table, world.tenant, source.id)
  assert.equal(await Heartbeat.recordGap(world.table, source, "a", gap), undefined)
  const late = beat({ receivedAt: START + 1 })
  assert.equal(await Heartbeat.record(world.table, source, late), undefined)
})

test("collectors that were silent for a week, and the longest silent beyond twenty, are forgotten", async () => {
  const source = await makeSource()
  const names = async (collector: string, receivedAt: number) => {
    const beating = beat({ collector, receivedAt, connectedSince: null })
    world.now = receivedAt
    return Object.keys((await Heartbeat.record(world.table, source, beating))!.collectors)
  }
  const kept = async () =>
    Object.keys(
      (await Source.get(world.table, world.tenant, source.id, { consistent: true }))!.collectors,
    ).sort()
  await names("old", START)
  await names("new", START + WEEK)
  assert.deepEqual(await kept(), ["new", "old"])
  await names("new", START + WEEK + 1)
  assert.deepEqual(await kept(), ["new"])
  for (let count = 0; count < 19; count++) await names(`c${count}`, START + WEEK + 10 + count)
  assert.equal((await kept()).length, 20)
  await names("last", START + WEEK + 50)
  assert.equal((await kept()).length, 20)
  assert.ok(!(await kept()).includes("new"))
  await names("c0", START + WEEK + 60)
  assert.equal((await kept()).length, 20, "one that is known takes nobody's place")
})

test("what two workers note at once of one collector is noted by both", async () => {
  const source = await makeSource()
  await Heartbeat.record(world.table, source, beat())
  const gaps = [50_000, 40_000, 30_000, 20_000].map((ago) => ({
    from: START - ago,
    to: START - ago + 1000,
  }))
  await Promise.all(gaps.map((gap) => Heartbeat.recordGap(world.table, source, "a", gap)))
  const { spans, count } = (await Source.get(world.table, world.tenant, source.id, {
    consistent: true,
  }))!.collectors["a"]!
  assert.equal(spans.length, 5)
  assert.equal(count, 5)
})

const collector = (some: Partial<Collector> = {}): Collector => ({
  ...said,
  connectedSince: null,
  spans: [],
  count: 1,
  ...some,
})
const sourceOf = (collectors: Record<string, Collector>) => ({ collectors }) as Source.Source

test("a source is connected while one of its collectors is, and silent after two missed heartbeats", () => {
  const health = (collectors: Record<string, Collector>, now = START) =>
    Heartbeat.healthOf(sourceOf(collectors), now)
  assert.deepEqual(health({}), {
    status: "new",
    lastSeenAt: null,
    version: null,
    spoolAgeSeconds: null,
  })
  const a = collector({ at: START - 5, connectedSince: 1, spoolAgeSeconds: 7 })
  const b = collector({ at: START, version: "2.0", spoolAgeSeconds: 1 })
  assert.deepEqual(health({ a, b }), {
    status: "connected",
    lastSeenAt: START,
    version: "2.0",
    spoolAgeSeconds: 7,
  })
  assert.equal(health({ b }).status, "disconnected")
  assert.equal(health({ a, b }, START + SILENT_MS - 5).status, "disconnected", "it was a that read")
  assert.equal(health({ a, b }, START + SILENT_MS - 5).spoolAgeSeconds, 1)
  assert.equal(health({ a, b }, START + SILENT_MS - 1).status, "disconnected")
  const silent = health({ a, b }, START + SILENT_MS)
  assert.deepEqual([silent.status, silent.spoolAgeSeconds], ["silent", 1])
  assert.ok(SILENT_MS > 2 * HEARTBEAT_SECONDS * 1000, "one that is lost is not silence")
})

test("a collector's times come on the PBX's clock, and those beyond two minutes stand apart", () => {
  assert.equal(PbxClock.toPbxTime(1000, 400), 600)
  assert.equal(PbxClock.toPbxTime(1000), 1000)
  assert.equal(PbxClock.toPbxTime(1000, 2000), 0)
  assert.equal(PbxClock.toPbxTime(18_446_744_073_709, -1), 18_446_744_073_709)
  const spans: Collector["spans"] = [[1000, 2000, 1]]
  const collectors = {
    own: collector(),
    same: collector({ at: 5000, readUntil: 4000, spans }),
    ahead: collector({ at: 5000, skewMs: 600, spans }),
    edge: collector({ skewMs: 100 + PbxClock.MAX_APART_MS }),
    behind: collector({ skewMs: 100 - PbxClock.MAX_APART_MS }),
    far: collector({ skewMs: 101 + PbxClock.MAX_APART_MS }),
    farBehind: collector({ skewMs: 99 - PbxClock.MAX_APART_MS }),
  }
  const { near, far } = PbxClock.readingsBeside(sourceOf(collectors), "own", 100)
  assert.deepEqual(
    near.map((each) => each.collector),
    ["same", "ahead", "edge", "behind"],
  )
  assert.deepEqual(
    far.map((each) => [each.collector, each.apartMs]),
    [
      ["far", PbxClock.MAX_APART_MS + 1],
      ["farBehind", -PbxClock.MAX_APART_MS - 1],
    ],
  )
  // Who tells no skew goes by the clock that it is compared with.
  const same = { collector: "same", apartMs: 0, at: 4900, knownUntil: 3900, sentUntil: 2900 }
  assert.deepEqual(near[0], { ...same, spans: [[900, 1900, 1]] })
  const ahead = { collector: "ahead", apartMs: 500, at: 4400, knownUntil: 4400, sentUntil: 2400 }
  assert.deepEqual(near[1], { ...ahead, spans: [[400, 1400, 1]] })
  const untold = PbxClock.readingsBeside(sourceOf(collectors), "own", undefined)
  assert.equal(untold.far.length, 0)
  const told = untold.near[1]!
  assert.deepEqual([told.apartMs, told.at, told.spans], [0, 5000, spans])
})

test("invented collectors of one source do not fill the partition of all tenants' changes", async () => {
  const source = await makeSource()
  const before = (await listChanges(world.table, 0)).length
  for (let count = 0; count < 30; count++) {
    // The changes of one second have one announcement.
    world.now += 1_000
    await Heartbeat.record(world.table, source, beat({ collector: `c${count}` }))
  }
  // The second one makes a difference to workers that cache the source.
  assert.equal((await listChanges(world.table, 0)).length - before, 2)
})

test("a lone collector is announced once, and not with each of its heartbeats", async () => {
  const source = await makeSource()
  const before = (await listChanges(world.table, 0)).length
  for (let count = 0; count < 5; count++) {
    world.now += 1_000
    await Heartbeat.record(world.table, source, beat({ receivedAt: START + count }))
  }
  assert.equal((await listChanges(world.table, 0)).length - before, 1)
})
