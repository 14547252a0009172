import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { systemClock } from "@ringback/ami/clock"
import { formatSourceToken } from "@ringback/events/token"
import { makeSpoolDir, runCollector } from "../harness/collector.ts"
import { type ListedKind, Pbx, type Pair } from "../harness/pbx.ts"
import type { Webhook } from "../harness/receiver.ts"
import { until } from "../harness/until.ts"
import { startWorld, type World } from "../harness/world.ts"

const SECOND = 1_000
const KINDS: ListedKind[] = ["Campaign", "Plan", "Dlma", "Destination", "Dialing"]

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())

function makeRandom(seed: number) {
  let state = seed
  return (below: number) => (state = (state * 48_271) % 2_147_483_647) % below
}

/** Does what a call centre does: creates, changes and removes records of all kinds. */
function makeLife(pbx: Pbx, seed: number) {
  const random = makeRandom(seed)
  let made = 0
  // Each kind keeps a row: an emptied list infers nothing, which another test holds.
  for (const kind of KINDS) if (kind !== "Dialing") pbx.create(kind, `stays-${kind}`, fields(0))
  return () => {
    const kind = KINDS[random(KINDS.length)]!
    const uuids = [...(pbx.records.get(kind)?.keys() ?? [])]
    const uuid = uuids[random(Math.max(1, uuids.length))]
    const choice = random(4)
    if (choice === 0 || uuid === undefined) pbx.create(kind, `${kind}-${++made}`, fields(0))
    else if (choice === 1 && !uuid.startsWith("stays")) pbx.remove(kind, uuid)
    else pbx.update(kind, uuid, fields(random(9)))
  }
}

const fields = (status: number): Pair[] => [["Status", String(status)]]
const valueOf = (headers: readonly Pair[], name: string) =>
  headers.find(([each]) => each === name)?.[1]

/** What a record was when it was last heard of, by kind and Uuid; without those that were deleted. */
function statesAfter(history: readonly Pair[][]): Map<string, string> {
  const states = new Map<string, string>()
  for (const event of history) {
    const [, kind, action] = /^Out(\w+?)(Create|Update|Delete)$/.exec(event[0]![1])!
    const key = `${kind!.toLowerCase()} ${valueOf(event, "Uuid")}`
    if (action === "Delete") states.delete(key)
    else states.set(key, `${valueOf(event, "Status")} ${valueOf(event, "TmUpdate")}`)
  }
  return states
}

function statesNow({ records }: Pbx): Map<string, string> {
  const rows = [...records].flatMap(([kind, all]) =>
    [...all.values()].map((row) => [kind, row] as const),
  )
  return statesAfter(rows.map(([kind, row]) => [["Event", `Out${kind}Create`], ...row]))
}

/** What must be inferred between two states of the PBX: no more, and no less. */
function differences(was: Map<string, string>, is: Map<string, string>): string[] {
  const changed = [...is]
    .filter(([key, state]) => was.get(key) !== state)
    .map(([key]) => `${key} ${was.has(key) ? "updated" : "created"}`)
  const gone = [...was.keys()].filter((key) => !is.has(key)).map((key) => `${key} deleted`)
  return [...changed, ...gone].sort()
}

const wordsOf = ({ type, data }: Webhook) => {
  const [kind, action] = type.split(".")
  return `${kind} ${String(data["uuid"])} ${action}`
}

const countByType = (webhooks: Webhook[]) => {
  const counts: Record<string, number> = {}
  for (const { type } of webhooks) counts[type] = (counts[type] ?? 0) + 1
  return counts
}

test("after a restart of the PBX and 60 s without it, all that its lists show arrives marked, nothing of it wrong, and a gap names the rest", async (t) => {
  const { arrived } = await world.addEndpoint()
  const pbx = await Pbx.start({ canList: true, hasTimestamps: true })
  const { dir, remove } = makeSpoolDir()
  const { source, key } = world.customer.source
  const text = formatSourceToken({ tenant: source.tenant, source: source.id, ...key })
  const queue = { url: world.stack.queues.Ingest.url, token: { text } }
  const collector = await runCollector(pbx, queue, dir, {
    clock: { ...systemClock, now: world.now },
    confirmMs: 50,
    tuning: { backoffMinMs: 20, backoffMaxMs: 100 },
  })
  t.after(async () => {
    await collector.stop()
    await pbx.close()
    remove()
  })
  await collector.ready
  // The first look at the lists, both times.
  await until(() => pbx.actions.filter((name) => /(?<!DlList)Show$/.test(name)).length === 10)
  await wait(50)
  const act = makeLife(pbx, 11)
  for (let i = 0; i < 80; i++) act()
  const heard = pbx.history.length
  await until(() => collector.status().sent === heard)
  const before = statesAfter(pbx.history)

  world.advance(SECOND)
  await pbx.down()
  await until(() => collector.status().session === "waiting")
  for (let second = 0; second < 60; second++) {
    world.advance(SECOND)
    act()
    act()
    if (second === 40) pbx.records.delete("Dialing")
  }
  await pbx.listen()
  await until(() => (collector.status().gaps["disconnected"] ?? 0) === 1)
  const unheard = pbx.history.length - heard
  await until(() => collector.status().spoolDepth === 0)
  for (let minute = 0; minute < 3; minute++) {
    await world.pump()
    world.advance(30 * SECOND)
  }
  await world.pump()

  const is = statesNow(pbx)
  const synthetic = arrived().filter((each) => each.synthetic)
  assert.deepEqual(synthetic.map(wordsOf).sort(), differences(before, is))
  for (const { type, data } of synthetic) {
    const [kind, action] = type.split(".")
    const [status] = is.get(`${kind} ${String(data["uuid"])}`)?.split(" ") ?? []
    if (action !== "deleted") assert.equal(String(data["status"]), status)
  }
  assert.ok(synthetic.length > 30, String(synthetic.length))

  const gaps = arrived().filter(({ type }) => type === "source.gap")
  assert.equal(gaps.length, 1)
  const { from, to, reason, inferred } = gaps[0]!.data
  assert.equal(Date.parse(String(to)) - Date.parse(String(from)), 61 * SECOND)
  assert.equal(reason, "disconnected")
  assert.deepEqual(inferred, countByType(synthetic))
  const live = arrived().filter((each) => !each.synthetic).length - gaps.length
  t.diagnostic(`${heard} events heard, ${unheard} missed, ${synthetic.length} inferred`)
  assert.equal(live, heard)
})
