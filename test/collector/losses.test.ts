import assert from "node:assert/strict"
import { test } from "node:test"
import { type Loss, Losses } from "@ringback/collector/gaps/losses"
import { OpenGaps } from "@ringback/collector/gaps/open-gaps"
import { QuietDialings } from "@ringback/collector/gaps/quiet-dialings"
import { Retry } from "@ringback/collector/gaps/retry"
import { startedAfter, Uptime } from "@ringback/collector/gaps/uptime"
import { openState } from "@ringback/collector/state"

function startLosses() {
  const begun: [id: string, from: number][] = []
  const losses = new Losses(({ id, from }) => begun.push([id, from]))
  return { losses, begun }
}
const facts = (all: Loss[]) => all.map(({ reason, from, to, count }) => [reason, from, to, count])

test("a row of losses is one span from the first to the last, told once it was quiet for 5 s", () => {
  const { losses, begun } = startLosses()
  for (const at of [1_000, 3_000, 2_000]) losses.note("spool-full", at)
  losses.note("oversized", 4_000)
  assert.deepEqual(losses.takeQuiet(7_999), [])
  assert.deepEqual(facts(losses.takeQuiet(8_000)), [["spool-full", 1_000, 3_000, 3]])
  assert.deepEqual(facts(losses.takeQuiet(9_000)), [["oversized", 4_000, 4_000, 1]])
  assert.deepEqual(losses.takeQuiet(Infinity), [])
  assert.deepEqual(
    begun.map(([, from]) => from),
    [1_000, 4_000],
  )
})

test("a loss that turns out to have been earlier moves the beginning of its row, under the same id", () => {
  const { losses, begun } = startLosses()
  losses.note("refused", 5_000)
  losses.note("refused", 2_000)
  losses.note("refused", 2_000)
  assert.deepEqual(
    begun.map(([, from]) => from),
    [5_000, 2_000],
  )
  assert.equal(new Set(begun.map(([id]) => id)).size, 1)
  assert.deepEqual(facts(losses.takeQuiet(Infinity)), [["refused", 2_000, 5_000, 3]])
})

test("each reason has a row of its own, a new one after each that is over, and all are counted", () => {
  const { losses, begun } = startLosses()
  losses.note("spool-full", 1_000)
  assert.deepEqual(losses.streakOf("spool-full"), { openSince: 1_000, latest: 1_000 })
  assert.deepEqual(losses.streakOf("refused"), { openSince: undefined, latest: undefined })
  losses.takeQuiet(Infinity)
  assert.deepEqual(losses.streakOf("spool-full"), { openSince: undefined, latest: 1_000 })
  losses.note("spool-full", 9_000)
  losses.note("spool-full", 8_000)
  assert.deepEqual(losses.streakOf("spool-full"), { openSince: 8_000, latest: 8_000 })
  losses.note("refused", 1)
  assert.deepEqual(losses.counts(), { "spool-full": 3, refused: 1 })
  assert.equal(new Set(begun.map(([id]) => id)).size, 3)
})

test("a gap is remembered over a restart, oldest first, with its last bounds, until it is forgotten", () => {
  const state = openState(undefined, 0)
  const attempt = (write: () => void) => write()
  const first = new OpenGaps(state, attempt)
  assert.deepEqual(first.left, [])
  first.keep({ id: "b", reason: "disconnected", from: 2_000, to: 3_000 })
  first.keep({ id: "a", reason: "spool-full", from: 1_000, to: null })
  first.keep({ id: "c", reason: "refused", from: 5_000, to: null })
  first.keep({ id: "c", reason: "refused", from: 500, to: null })
  first.keep({ id: "d", reason: "refused", from: 4_000, to: 4_000 })
  first.forget("d")
  assert.deepEqual(new OpenGaps(state, attempt).left, [
    { id: "c", reason: "refused", from: 500, to: null },
    { id: "a", reason: "spool-full", from: 1_000, to: null },
    { id: "b", reason: "disconnected", from: 2_000, to: 3_000 },
  ])
  assert.equal(first.areSaved(), true)
  state.close()
})

test("a gap that the disk refused is kept again later, and until then what is younger must not be saved", () => {
  const state = openState(undefined, 0)
  let isFull = false
  const attempt = (write: () => void) => {
    if (!isFull) write()
  }
  const gaps = new OpenGaps(state, attempt)
  isFull = true
  gaps.keep({ id: "a", reason: "disconnected", from: 1, to: 2 })
  gaps.keep({ id: "b", reason: "disconnected", from: 3, to: 4 })
  assert.equal(gaps.areSaved(), false)
  gaps.forget("b")
  isFull = false
  assert.equal(gaps.areSaved(), true)
  assert.deepEqual(
    new OpenGaps(state, attempt).left.map(({ id }) => id),
    ["a"],
  )
  state.close()
})

const dialing = (action: string, Uuid: string) => ({
  kind: "event" as const,
  name: `OutDialing${action}`,
  headers: [
    ["Event", `OutDialing${action}`],
    ["Uuid", Uuid],
  ] as [string, string][],
})
const MINUTE = 60_000

test("a call that nobody has heard of for ten minutes is asked about, and once in ten minutes", () => {
  const quiet = new QuietDialings()
  quiet.note(dialing("Create", "a"), 0)
  quiet.note(dialing("Update", "b"), MINUTE)
  assert.deepEqual(quiet.takeQuiet(["a", "b"], 10 * MINUTE - 1), [])
  assert.deepEqual(quiet.takeQuiet(["a", "b"], 10 * MINUTE), ["a"])
  assert.deepEqual(quiet.takeQuiet(["a", "b"], 11 * MINUTE), ["b"])
  assert.deepEqual(quiet.takeQuiet(["a", "b"], 20 * MINUTE - 1), [])
  assert.deepEqual(quiet.takeQuiet(["a", "b"], 20 * MINUTE), ["a"])
})

test("a call of an earlier run is quiet from when it is first looked at; what has ended is forgotten", () => {
  const quiet = new QuietDialings()
  assert.deepEqual(quiet.takeQuiet(["old"], 5 * MINUTE), [])
  assert.deepEqual(quiet.takeQuiet(["old"], 15 * MINUTE - 1), [])
  assert.deepEqual(quiet.takeQuiet(["old"], 15 * MINUTE), ["old"])
  quiet.note(dialing("Create", "a"), 0)
  quiet.note(dialing("Delete", "a"), MINUTE)
  assert.deepEqual(quiet.takeQuiet(["a"], 20 * MINUTE), [])
  // It is not open meanwhile: what was heard of it before is nothing now.
  assert.deepEqual(quiet.takeQuiet([], 21 * MINUTE), [])
  assert.deepEqual(quiet.takeQuiet(["a"], 30 * MINUTE), [])
})

test("nothing but a call's event is news of a call", () => {
  const quiet = new QuietDialings()
  quiet.note({ ...dialing("Create", "a"), name: "OutPlanCreate" }, 0)
  quiet.note({ kind: "event", name: "OutDialingUpdate", headers: [] }, 0)
  assert.deepEqual(quiet.takeQuiet(["a"], 10 * MINUTE), [])
})

test("the lists are asked for again ever more rarely, and soon after a news", () => {
  const retry = new Retry()
  assert.equal(retry.isDue(1e12), false)
  retry.failed(0)
  assert.deepEqual([retry.isDue(29_999), retry.isDue(30_000)], [false, true])
  retry.begin()
  assert.equal(retry.isDue(1e12), false)
  retry.failed(100_000)
  assert.deepEqual([retry.isDue(159_999), retry.isDue(160_000)], [false, true])
  retry.begin()
  retry.reset()
  retry.failed(200_000)
  assert.deepEqual([retry.isDue(229_999), retry.isDue(230_000)], [false, true])
  retry.hurry()
  retry.failed(300_000)
  assert.equal(retry.isDue(0), true, "hurried meanwhile it stays so")
  retry.begin()
  retry.failed(400_000)
  assert.deepEqual([retry.isDue(459_999), retry.isDue(460_000)], [false, true])
})

const uptime = (Output: string) => ({
  kind: "response" as const,
  name: "Success",
  headers: [["Output", Output]] as [string, string][],
})

test("a PBX has begun by its own uptime, of which the second is cut", () => {
  assert.equal(startedAfter(uptime("System uptime: 10"), 100_000), 89_000)
  assert.equal(startedAfter(uptime("system UPTIME:0"), 100_000), 99_000)
  assert.equal(startedAfter(uptime("No such command"), 100_000), undefined)
})

test("the uptime is asked for until it costs two sessions; an answer makes good for that", async () => {
  let answer: () => Promise<ReturnType<typeof uptime>> = () => Promise.reject(new Error("lost"))
  let asked = 0
  const ask = new Uptime(
    () => {
      asked++
      return answer()
    },
    () => 100_000,
  )
  await assert.rejects(ask.hasBegunSince(0))
  answer = async () => uptime("System uptime: 10")
  assert.equal(await ask.hasBegunSince(88_999), true)
  assert.equal(await ask.hasBegunSince(89_000), false)
  answer = async () => uptime("No such command")
  assert.equal(await ask.hasBegunSince(0), false)
  answer = () => Promise.reject(new Error("lost"))
  await assert.rejects(ask.hasBegunSince(0))
  assert.equal(await ask.hasBegunSince(0), false)
  assert.equal(asked, 5)
})
