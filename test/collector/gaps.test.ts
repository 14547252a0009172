import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import type { AmiMessage } from "@ringback/ami/message"
import { makeEnvelope } from "@ringback/collector/envelope"
import { GapLists } from "@ringback/collector/gaps/gap-lists"
import { GapReports } from "@ringback/collector/gaps/gap-reports"
import { Gaps } from "@ringback/collector/gaps/gaps"
import { Known, listedKinds } from "@ringback/collector/gaps/known"
import type { ListRefusal } from "@ringback/collector/gaps/list-refusal"
import { Losses } from "@ringback/collector/gaps/losses"
import { OpenGaps } from "@ringback/collector/gaps/open-gaps"
import { UnfilledGaps } from "@ringback/collector/gaps/unfilled"
import { jsonOf } from "@ringback/collector/spool/record"
import { Spool } from "@ringback/collector/spool/spool"
import { openState, type State } from "@ringback/collector/state"
import { until } from "../harness/until.ts"

const root = mkdtempSync(join(tmpdir(), "ringback-gaps-"))
after(() => rmSync(root, { recursive: true }))
const makeDir = () => mkdtempSync(join(root, "d"))
const openSpool = (dir: string) =>
  Spool.open({ dir, maxBytes: 1e8, acknowledged: 0, saveAcknowledged() {} })

type Line = { event: string; fields: Record<string, unknown> }

async function setUp(dir = makeDir(), state: State = openState(undefined, 0)) {
  const spool = await openSpool(dir)
  const known = new Known(state)
  for (const kind of listedKinds) known.setWhole(kind)
  const lines: Line[] = []
  const log = (event: string, fields = {}) => void lines.push({ event, fields })
  const attempt = (write: () => void) => write()
  const openGaps = new OpenGaps(state, attempt)
  const losses = new Losses((loss) => openGaps.keep({ ...loss, to: null }))
  const asked: string[] = []
  /** What is left to report when the lists are asked for. */
  const keptThen: string[][] = []
  const answers = new Map<string, AmiMessage[] | ListRefusal>()
  const now = () => 99_000
  const envelope = makeEnvelope({ tenant: "t", source: "s", collector: "c" })
  const parts = { spool, known, losses, openGaps, envelope, log, now }
  const kept = () => new OpenGaps(state, attempt).left.map(({ id }) => id)
  const entry = {
    bytes: Buffer.from("0 {}\n"),
    from: 0,
    to: 5,
    end: 5,
    isLoaded: false,
    isDone: true,
  }
  const lists = new GapLists({
    ...parts,
    intake: { takeSynthetic: () => ({ ...entry }), takeRecord() {} },
    unfilled: new UnfilledGaps(state, attempt, openGaps.left),
    async list(action) {
      asked.push(action)
      keptThen.push(kept())
      return answers.get(action) ?? []
    },
    send: () => Promise.reject(new Error("not asked")),
    confirmMs: 1,
  })
  const gaps = new Gaps({ ...parts, lists, reports: new GapReports(parts) })
  const reported = () =>
    spool.take(1000, 1e8).flatMap((each) => {
      const { kind, gap } = JSON.parse(jsonOf(each)) as {
        kind: string
        gap: Record<string, unknown>
      }
      return kind === "gap" ? [gap] : []
    })
  const close = async () => {
    await gaps.stop()
    await spool.close()
  }
  return {
    spool,
    known,
    lines,
    losses,
    openGaps,
    asked,
    keptThen,
    kept,
    answers,
    gaps,
    reported,
    close,
  }
}
const event = (name: string, ...headers: [string, string][]): AmiMessage => ({
  kind: "event",
  name,
  headers: [["Event", name], ...headers],
})
const without = (gap: Record<string, unknown> | undefined, name: string) => {
  const { [name]: _, ...rest } = gap!
  return rest
}

/** A spool whose messages of these times are broken. */
async function damage(times: number[], broken: number[]) {
  const dir = makeDir()
  const spool = await openSpool(dir)
  for (const receivedAt of times)
    spool.append(JSON.stringify({ v: 1, kind: "event", receivedAt, id: "A".repeat(22) }))
  await spool.close()
  const [name] = readdirSync(dir) as [string]
  let text = readFileSync(join(dir, name), "latin1")
  const sizes = text.split("\n").map((line) => line.length + 1)
  for (const at of broken) text = text.replace(`"receivedAt":${at},`, `"receivedAt":${at}!`)
  writeFileSync(join(dir, name), text, "latin1")
  return { dir, bytes: broken.reduce((sum, at) => sum + sizes[times.indexOf(at)]!, 0) }
}

test("what was unreadable in the spool is one gap, from what was readable before it to what was behind", async () => {
  const cases: [times: number[], broken: number[], until: number, from: number, to: number][] = [
    [[1_000, 2_000, 3_000], [2_000], 9_000, 1_000, 3_000],
    [[1_000, 2_000, 3_000, 4_000, 5_000], [2_000, 4_000], 9_000, 1_000, 5_000],
    [[1_000, 2_000, 3_000], [1_000], 9_000, 2_000, 2_000],
    [[1_000, 2_000, 3_000], [3_000], 9_000, 2_000, 9_000],
    [[1_000, 2_000, 3_000], [3_000], 1_500, 1_500, 1_500],
    [[1_000], [1_000], 9_000, 9_000, 9_000],
    [[1_000, 2_000, 3_000, 4_000], [1_000, 4_000], 9_000, 2_000, 9_000],
  ]
  for (const [times, broken, last, from, to] of cases) {
    const { dir, bytes } = await damage(times, broken)
    const it = await setUp(dir)
    it.gaps.reportDamages(last)
    await it.close()
    const what = JSON.stringify([times, broken, last])
    const [gap, ...others] = it.reported()
    assert.equal(others.length, 0, what)
    const expected = { from, to, reason: "spool-damaged", inferred: {} }
    assert.deepEqual(without(gap, "id"), expected, what)
    const fields = { alarm: true, bytes, places: broken.length }
    assert.deepEqual(it.lines[0], { event: "spool.damaged", fields }, what)
    assert.deepEqual(it.gaps.counts, { "spool-damaged": 1 })
    assert.deepEqual(it.asked, [], "its messages were read: no list can tell them")
  }
  const whole = await setUp()
  whole.gaps.reportDamages(9_000)
  await whole.close()
  assert.deepEqual([whole.reported(), whole.lines], [[], []])
})

test("gaps that an earlier run left are reported with their bounds, an open one until it last worked", async () => {
  const state = openState(undefined, 0)
  const first = new OpenGaps(state, (write) => write())
  first.keep({ id: "ended", reason: "disconnected", from: 1_000, to: 2_000 })
  first.keep({ id: "open", reason: "spool-full", from: 3_000, to: null })
  first.keep({ id: "late", reason: "refused", from: 6_000, to: null })
  const it = await setUp(makeDir(), state)
  it.gaps.reportLeft(5_000)
  await it.close()
  assert.deepEqual(it.reported(), [
    { id: "ended", from: 1_000, to: 2_000, reason: "disconnected", inferred: {} },
    { id: "open", from: 3_000, to: 5_000, reason: "spool-full", inferred: {} },
    { id: "late", from: 6_000, to: 6_000, reason: "refused", inferred: {} },
  ])
  assert.deepEqual(it.kept(), [])
})

test("a session's gap is kept before the lists are asked for, and reported with what they tell", async () => {
  const it = await setUp()
  const row = event("OutPlanEntry", ["Uuid", "u"], ["Status", "0"])
  it.answers.set("OutPlanShow", [row])
  it.gaps.bridge({ from: 1_000, to: 2_000, reason: "disconnected", since: 500 }, false)
  await until(() => it.asked.length > 0)
  assert.equal(it.keptThen[0]!.length, 1)
  await until(() => it.kept().length === 0)
  const [gap, ...others] = it.reported()
  assert.equal(others.length, 0)
  assert.deepEqual(without(gap, "id"), {
    from: 1_000,
    to: 2_000,
    reason: "disconnected",
    inferred: { "plan.created": 1 },
    since: 500,
  })
  assert.equal(gap!["id"], it.keptThen[0]![0])
  const { fields } = it.lines.find((line) => line.event === "gap")!
  assert.deepEqual(fields, {
    alarm: false,
    reason: "disconnected",
    from: "1970-01-01T00:00:01.000Z",
    to: "1970-01-01T00:00:02.000Z",
    seconds: 1,
    inferred: { "plan.created": 1 },
  })
  await it.close()
})

test("a session without a gap asks for the lists alone; a restarted PBX has lost its calls with or without one", async () => {
  for (const gap of [null, { from: 1_000, to: 2_000, reason: "restarted" as const }]) {
    const it = await setUp()
    it.known.set("dialing", "call", "body")
    it.gaps.bridge(gap, true)
    await until(() => it.known.of("dialing").size === 0)
    await it.close()
    assert.equal(it.reported().length, gap ? 1 : 0)
    const said = it.lines.filter((line) => line.event === "gap")
    const alarms = said.map(({ fields }) => fields["alarm"])
    assert.deepEqual(alarms, gap ? [true] : [])
    assert.ok(it.lines.every((line) => line.event !== "resync.broken"))
  }
})

test("losses are reported once they are over: of a full spool with the lists, single messages without", async () => {
  const it = await setUp()
  it.losses.note("oversized", 1_000)
  it.losses.note("oversized", 1_500)
  it.gaps.reportLosses(6_000)
  assert.equal(it.lines.length, 0)
  it.gaps.reportLosses(6_500)
  await until(() => it.kept().length === 0)
  assert.deepEqual(it.asked, [])
  const lost = (reason: string, count: number): Line => ({
    event: "messages.lost",
    fields: { alarm: true, reason, count },
  })
  assert.deepEqual(it.lines[0], lost("oversized", 2))
  it.losses.note("spool-full", 7_000)
  it.losses.note("refused", 8_000)
  // Told at the end, over or not.
  await it.gaps.stop()
  assert.ok(it.asked.length > 0)
  assert.deepEqual(it.lines.filter((line) => line.event === "messages.lost").slice(1), [
    lost("spool-full", 1),
    lost("refused", 1),
  ])
  assert.deepEqual(it.gaps.counts, { oversized: 1, "spool-full": 1, refused: 1 })
  await it.spool.close()
  const bounds = it.reported().map(({ reason, from, to }) => `${reason} ${from} ${to}`)
  assert.deepEqual(bounds.toSorted(), [
    "oversized 1000 1500",
    "refused 8000 8000",
    "spool-full 7000 7000",
  ])
})

test("the dialler's module that is loaded anew has lost its calls; another module, or another event, says nothing", async () => {
  const it = await setUp()
  it.known.set("dialing", "call", "body")
  for (const other of [
    event("Load", ["Module", "res_other.so"]),
    event("Load"),
    event("Unload", ["Module", "res_outbound.so"]),
    event("FullyBooted"),
  ])
    it.gaps.note(other, 1_000)
  await turn()
  assert.deepEqual([it.asked.length, it.lines.length], [0, 0])
  it.gaps.note(event("Load", ["Module", "res_outbound.so"]), 1_000)
  await until(() => it.known.of("dialing").size === 0)
  assert.equal(it.lines[0]!.event, "module.loaded")
  await it.close()
  assert.deepEqual(it.reported(), [])
})

test("a PBX that has booted is asked again at once for lists that it did not know", async () => {
  const it = await setUp()
  for (const kind of ["Campaign", "Plan", "Dlma", "Destination", "Dialing"])
    it.answers.set(`Out${kind}Show`, { why: "unknown", message: "Invalid/unknown command" })
  it.gaps.bridge({ from: 1_000, to: 2_000, reason: "disconnected" }, false)
  await until(() => it.reported().length > 0)
  const before = it.asked.length
  const isAskedAgain = async () => {
    it.gaps.askAgain(99_001)
    await turn()
    return it.asked.length > before
  }
  assert.equal(await isAskedAgain(), false)
  it.gaps.note(event("FullyBooted"), 3_000)
  assert.equal(await isAskedAgain(), true)
  await it.close()
})

test("calls that nobody has heard of for long are asked about", async () => {
  const it = await setUp()
  it.known.set("dialing", "quiet", "body")
  it.known.set("dialing", "heard", "body")
  it.gaps.askAgain(0)
  it.gaps.note(event("OutDialingUpdate", ["Uuid", "heard"]), 500_000)
  it.answers.set("OutDialingShow", [event("OutDialingEntry", ["Uuid", "heard"])])
  it.gaps.askAgain(600_000)
  await until(() => !it.known.of("dialing").has("quiet"))
  assert.ok(it.known.of("dialing").has("heard"))
  await it.close()
})
