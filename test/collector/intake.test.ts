import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import type { AmiMessage } from "@ringback/ami/message"
import { AmiParser } from "@ringback/ami/parser"
import { makeEnvelope, makeMessageId } from "@ringback/collector/envelope"
import { Known } from "@ringback/collector/gaps/known"
import { Losses } from "@ringback/collector/gaps/losses"
import { Intake } from "@ringback/collector/intake"
import { Selection } from "@ringback/collector/selection"
import { jsonOf } from "@ringback/collector/spool/record"
import { Spool } from "@ringback/collector/spool/spool"
import { openState } from "@ringback/collector/state"

const root = mkdtempSync(join(tmpdir(), "ringback-intake-"))
after(() => rmSync(root, { recursive: true }))
const makeDir = () => mkdtempSync(join(root, "d"))

test("the dialler's events are forwarded and those named, in any case; each is counted by its name", () => {
  const selection = new Selection(["Hangup", "newSTATE"])
  assert.deepEqual(selection.find("OutPlanCreate")?.recordEvent, {
    kind: "plan",
    action: "created",
  })
  for (const name of ["Hangup", "HANGUP", "Newstate"]) {
    const wanted = selection.find(name)
    assert.ok(wanted && wanted.recordEvent === undefined, name)
    assert.equal(selection.find(name), wanted)
  }
  for (const name of ["OutPlanEntry", "Newchannel", ""]) {
    assert.equal(selection.find(name), undefined, name)
    assert.equal(selection.find(name), undefined, name)
  }
  selection.find("Hangup")!.count += 2
  selection.find("OutPlanCreate")!.count++
  assert.deepEqual(selection.counts(), { OutPlanCreate: 1, Hangup: 2 })
  // However many names a PBX makes up, a wanted one is still found.
  for (let count = 0; count < 2_000; count++) selection.find(`Made-up-${count}`)
  assert.ok(selection.find("OutDialingUpdate"))
})

const read = (text: string): AmiMessage =>
  new AmiParser().push(Buffer.from(`${text.replaceAll("\n", "\r\n")}\r\n\r\n`))[0]!

async function startIntake(maxBytes = 1e9) {
  const spool = await Spool.open({
    dir: makeDir(),
    maxBytes,
    acknowledged: 0,
    saveAcknowledged() {},
  })
  const losses = new Losses(() => {})
  const known = new Known(openState(undefined, 0))
  let skew: number | undefined
  const address = { tenant: "ten_a", source: "src_a", collector: "c" }
  const intake = new Intake({
    spool,
    losses,
    known,
    envelope: makeEnvelope(address, () => skew),
    selection: new Selection(["Hangup"]),
  })
  const kept = async () => {
    await spool.flush()
    return spool.take(100, 1e9).map((line) => JSON.parse(jsonOf(line)) as Record<string, unknown>)
  }
  return { spool, losses, known, intake, kept, setSkew: (ms: number) => (skew = ms) }
}

test("an event that is wanted is kept as it was read, and what it speaks of is known", async () => {
  const { spool, intake, known, kept, losses } = await startIntake()
  assert.deepEqual(
    [intake.hasTaken, intake.lagSeconds, intake.newestTimestamp],
    [false, null, null],
  )
  assert.equal(intake.take(read("Event: OutPlanEntry\nUuid: p"), 5), false)
  assert.equal(intake.take(read("Response: Success\nEvent: Hangup"), 5), false)
  assert.equal(intake.take(read("Event: OutPlanCreate\nTimestamp: 1.5\nUuid: p"), 4_000), true)
  assert.deepEqual([intake.hasTaken, intake.newestTimestamp, intake.lagSeconds], [true, 1.5, 2.5])
  assert.equal(intake.take(read("Event: Hangup\nUuid: none"), 6_000), true)
  assert.deepEqual([intake.newestTimestamp, intake.lagSeconds], [null, null])
  assert.deepEqual([...known.of("plan").keys()], ["p"])
  const [plan, hangup] = await kept()
  assert.deepEqual(
    { ...plan, id: "" },
    {
      v: 1,
      kind: "event",
      receivedAt: 4_000,
      id: "",
      tenant: "ten_a",
      source: "src_a",
      collector: "c",
      headers: [
        ["Event", "OutPlanCreate"],
        ["Timestamp", "1.5"],
        ["Uuid", "p"],
      ],
    },
  )
  assert.notEqual(plan!["id"], hangup!["id"])
  assert.deepEqual(losses.counts(), {})
  await spool.close()
})

test("what is inferred bears its gap, and the PBX's time where that is known", async () => {
  const { spool, intake, kept, setSkew } = await startIntake()
  const event = read("Event: OutPlanDelete\nUuid: p")
  intake.takeSynthetic(event, 10_000, { reason: "disconnected", gap: "g" })
  setSkew(4_000)
  intake.takeSynthetic(event, 10_000, { reason: "disconnected", gap: "g", others: ["h"] })
  intake.takeRecord(read("Event: OutPlanEntry\nUuid: p"), 10_000)
  intake.take(event, 10_000)
  assert.equal(intake.syntheticCount, 2)
  const [plain, stamped, record, live] = await kept()
  assert.deepEqual(plain!["synthetic"], { reason: "disconnected", gap: "g" })
  assert.deepEqual(plain!["headers"], event.headers)
  assert.deepEqual(stamped!["synthetic"], { reason: "disconnected", gap: "g", others: ["h"] })
  assert.deepEqual(stamped!["headers"], [
    ["Event", "OutPlanDelete"],
    ["Timestamp", "6.000000"],
    ["Uuid", "p"],
  ])
  assert.deepEqual(
    [record!["kind"], (record!["headers"] as string[][])[1]],
    ["record", ["Timestamp", "6.000000"]],
  )
  assert.equal("synthetic" in live!, false)
  assert.deepEqual(live!["headers"], event.headers)
  await spool.close()
})

test("what is too large, or has no room, is counted by its reason, and is not known", async () => {
  const { spool, intake, losses, known } = await startIntake(100_000)
  // Each of its characters takes six bytes in ASCII JSON.
  const huge = read(`Event: OutPlanCreate\nUuid: huge\nDetail: ${"\u00fc".repeat(170_000)}`)
  assert.equal(intake.take(huge, 1_000), true)
  assert.deepEqual(losses.counts(), { oversized: 1 })
  const large = read(`Event: OutPlanCreate\nUuid: large\nDetail: ${"x".repeat(100_000)}`)
  assert.equal(intake.take(large, 2_000), true)
  assert.equal(intake.takeSynthetic(large, 2_000, { reason: "r", gap: "g" }), undefined)
  assert.deepEqual(losses.counts(), { oversized: 1, "spool-full": 2 })
  assert.equal(losses.streakOf("spool-full").latest, 2_000)
  intake.takeRecord(huge, 3_000)
  assert.deepEqual([intake.syntheticCount, known.of("plan").size, spool.depth], [0, 0, 0])
  await spool.close()
})

test("a gap and a heartbeat bear the clock's difference where it is known", () => {
  const address = { tenant: "ten_a", source: "src_a", collector: "c" }
  const gap = { id: "g", from: 1, to: 2, reason: "disconnected" as const }
  const fields = {
    receivedAt: 5,
    version: "1",
    connectedSince: null,
    spoolDepth: 0,
    spoolAgeSeconds: 0,
  }
  const plain = makeEnvelope(address)
  const skewed = makeEnvelope(address, () => -7)
  const parse = (json: string) => ({ ...(JSON.parse(json) as object), id: "" })
  const about = { v: 1, kind: "gap", receivedAt: 5, id: "", ...address, gap }
  assert.deepEqual(parse(plain.gap(gap as never, 5)), about)
  assert.deepEqual(parse(skewed.gap(gap as never, 5)), { ...about, skewMs: -7 })
  const beat = { v: 1, kind: "heartbeat", id: "", ...address, ...fields }
  assert.deepEqual({ ...plain.heartbeat(fields), id: "" }, beat)
  assert.deepEqual({ ...skewed.heartbeat(fields), id: "" }, { ...beat, skewMs: -7 })
})

test("ids are never made twice, over many pools of them", () => {
  const ids = Array.from({ length: 5_000 }, makeMessageId)
  assert.equal(new Set(ids).size, 5_000)
  assert.ok(ids.every((id) => /^[\w-]{22}$/.test(id)))
})

test("a list row that is too large is left out, and is no loss", async () => {
  const { spool, intake, losses } = await startIntake()
  const rowOf = (length: number) =>
    read(`Event: OutPlanEntry\nUuid: p\nDetail: ${"\u00fc".repeat(length)}`)
  intake.takeRecord(rowOf(170_000), 1_000)
  assert.equal(spool.depth, 0)
  intake.takeRecord(rowOf(160_000), 1_000)
  assert.equal(spool.depth, 1)
  assert.deepEqual(losses.counts(), {})
  await spool.close()
})
