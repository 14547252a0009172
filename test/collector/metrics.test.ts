import assert from "node:assert/strict"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { startHealth } from "@ringback/collector/health"
import { makeDirectory } from "@ringback/collector/make-directory"
import { makeMetrics } from "@ringback/collector/metrics"
import { quarantine } from "@ringback/collector/quarantine"
import { collectorId, openState } from "@ringback/collector/state"
import { isReady, type Status } from "@ringback/collector/status"

const root = mkdtempSync(join(tmpdir(), "ringback-metrics-"))
after(() => rmSync(root, { recursive: true }))
const makeDir = () => mkdtempSync(join(root, "d"))

const status = (rest: Partial<Status> = {}): Status => ({
  source: "src_a",
  collector: "c",
  session: "connected",
  sessionReason: null,
  connectedSince: 1,
  lastReadAt: 2,
  sessions: 3,
  events: { OutPlanCreate: 4, OutPlanUpdate: 5 },
  synthetic: 6,
  sent: 7,
  refused: 8,
  losses: { "spool-full": 9 },
  gaps: { disconnected: 10 },
  spoolDepth: 11,
  spoolBytes: 12,
  spoolAgeSeconds: 13,
  diskTrouble: null,
  queueTrouble: null,
  lagSeconds: 0.5,
  clockSkewSeconds: -2,
  ...rest,
})

test("metrics tell all of a collector's status, each time as it is then", async () => {
  let statuses = [status()]
  const { registry, observeBatch } = makeMetrics(() => statuses)
  const lines = async () =>
    (await registry.metrics()).split("\n").filter((line) => line.startsWith("ringback_"))
  const expected = [
    'ringback_events_total{source="src_a",event="OutPlanCreate"} 4',
    'ringback_events_total{source="src_a",event="OutPlanUpdate"} 5',
    'ringback_synthetic_events_total{source="src_a"} 6',
    'ringback_sent_total{source="src_a"} 7',
    'ringback_refused_total{source="src_a"} 8',
    'ringback_lost_total{source="src_a",reason="spool-full"} 9',
    'ringback_gaps_total{source="src_a",reason="disconnected"} 10',
    'ringback_sessions_total{source="src_a"} 3',
    'ringback_connected{source="src_a"} 1',
    'ringback_spool_messages{source="src_a"} 11',
    'ringback_spool_bytes{source="src_a"} 12',
    'ringback_spool_age_seconds{source="src_a"} 13',
    'ringback_disk_ok{source="src_a"} 1',
    'ringback_queue_ok{source="src_a"} 1',
    'ringback_pbx_lag_seconds{source="src_a"} 0.5',
    'ringback_clock_skew_seconds{source="src_a"} -2',
  ]
  const isOfBatches = (line: string) => line.startsWith("ringback_batch_seconds")
  for (let reading = 0; reading < 2; reading++)
    assert.deepEqual(
      (await lines()).filter((line) => !isOfBatches(line)),
      expected,
    )
  statuses = [
    status({
      session: "waiting",
      diskTrouble: "ENOSPC",
      queueTrouble: "away",
      lagSeconds: null,
      clockSkewSeconds: null,
      events: {},
      losses: {},
      gaps: {},
    }),
    status({ source: "src_b" }),
  ]
  const now = await lines()
  for (const line of ["connected", "disk_ok", "queue_ok"])
    assert.ok(now.includes(`ringback_${line}{source="src_a"} 0`), line)
  for (const line of ["pbx_lag_seconds", "clock_skew_seconds", "events_total", "lost_total"])
    assert.ok(!now.some((each) => each.startsWith(`ringback_${line}{source="src_a"`)), line)
  assert.ok(now.includes('ringback_sent_total{source="src_b"} 7'))
  observeBatch("src_a", 20)
  observeBatch("src_a", 3_000)
  const batches = (await lines()).filter(isOfBatches)
  for (const [bound, count] of [
    ["0.01", 0],
    ...["0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5"].map((bound) => [bound, 1] as const),
    ["5", 2],
    ["10", 2],
    ["+Inf", 2],
  ])
    assert.ok(
      batches.includes(`ringback_batch_seconds_bucket{le="${bound}",source="src_a"} ${count}`),
      `${bound}`,
    )
  assert.equal(
    batches.filter((line) => line.startsWith("ringback_batch_seconds_bucket")).length,
    11,
  )
  assert.ok(batches.includes('ringback_batch_seconds_sum{source="src_a"} 3.02'))
})

test("a collector is ready with a session, a disk and a queue, and alive without", async (t) => {
  let statuses = [status()]
  const { registry } = makeMetrics(() => statuses)
  const health = await startHealth(() => statuses, registry, 0)
  t.after(() => health.close())
  const get = (path: string) => fetch(`http://127.0.0.1:${health.port}${path}`)
  const ready = async () => [isReady(statuses[0]!), (await get("/readyz?x=1")).status]
  assert.deepEqual(await ready(), [true, 200])
  for (const trouble of [
    { session: "waiting" },
    { diskTrouble: "x" },
    { queueTrouble: "x" },
  ] as const) {
    statuses = [status(trouble)]
    assert.deepEqual(await ready(), [false, 503])
    assert.equal((await get("/healthz")).status, 200)
  }
  statuses = [status(), status({ session: "waiting", source: "src_b" })]
  const answer = await get("/readyz")
  assert.deepEqual([answer.status, answer.headers.get("content-type")], [503, "application/json"])
  const body = (await answer.json()) as {
    live: boolean
    ready: boolean
    collectors: { ready: boolean }[]
  }
  assert.deepEqual(
    [body.live, body.ready, body.collectors.map((each) => each.ready)],
    [true, false, [true, false]],
  )
  assert.equal((await get("/metrics")).headers.get("content-type"), registry.contentType)
  assert.equal((await get("/other")).status, 404)
})

test("a state that is damaged is put aside, with its time, and a new one is begun", () => {
  const dir = makeDir()
  const good = openState(dir, 1)
  assert.equal(good.trouble, undefined)
  const id = collectorId(good)
  assert.match(id, /^[\w-]{22}$/)
  assert.equal(collectorId(good), id)
  good.durably(() => good.set("name", "value"))
  good.close()
  const again = openState(dir, 2)
  assert.deepEqual(
    [collectorId(again), again.get("name"), again.get("other")],
    [id, "value", undefined],
  )
  again.close()
  for (const name of readdirSync(dir)) if (/-(wal|shm)$/.test(name)) rmSync(join(dir, name))
  writeFileSync(join(dir, "state.sqlite"), "this is no database ".repeat(1_000))
  const fresh = openState(dir, 1234)
  assert.match(fresh.trouble!, /damaged and has been renamed/)
  assert.equal(fresh.get("name"), undefined)
  fresh.set("name", "new")
  fresh.close()
  assert.ok(existsSync(join(dir, "state.sqlite.damaged-1234")))
  const kept = openState(dir, 5)
  assert.deepEqual([kept.trouble, kept.get("name")], [undefined, "new"])
  kept.close()
})

test("a state that cannot be written lives in memory, says why, and damages nothing", () => {
  const state = openState(join(makeDir(), "absent"), 1)
  assert.ok(state.trouble)
  state.set("name", "value")
  assert.equal(state.get("name"), "value")
  state.close()
})

test("what the queue refuses is put aside with when and why, up to a thousand files", () => {
  const dir = makeDir()
  const refusal = { code: "InvalidMessageContents", message: "x" }
  const path = quarantine(dir, '{"id":"a","v":1}', refusal, 0)!
  assert.equal(path, join(dir, "quarantine", "a.json"))
  assert.deepEqual(JSON.parse(readFileSync(path, "utf8")), {
    at: "1970-01-01T00:00:00.000Z",
    ...refusal,
    body: { id: "a", v: 1 },
  })
  for (let count = 1; count < 1_000; count++) writeFileSync(join(dir, "quarantine", `${count}`), "")
  assert.equal(quarantine(dir, '{"id":"b"}', refusal, 0), undefined)
  rmSync(join(dir, "quarantine", "1"))
  assert.ok(quarantine(dir, '{"id":"b"}', refusal, 0))
  assert.equal(quarantine(makeDir(), "no JSON", refusal, 0), undefined)
})

test("a directory is made with those above it, and one that is there stays", () => {
  const dir = join(makeDir(), "a", "b", "c")
  makeDirectory(dir)
  makeDirectory(dir)
  assert.ok(existsSync(dir))
  writeFileSync(join(dir, "file"), "")
  assert.throws(() => makeDirectory(join(dir, "file")), { code: "EEXIST" })
  assert.throws(() => makeDirectory(join(dir, "file", "below")), { code: "ENOTDIR" })
})
