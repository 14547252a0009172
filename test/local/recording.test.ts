import { makePlay } from "@ringback/local/recording"
import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { test } from "node:test"

const demo = new URL("../../packages/local/demo/dialing.ami", import.meta.url)
const recording = await readFile(demo, "utf8")
const PACE = { minGapMs: 100, maxGapMs: 1500 }

const values = (text: string, header: string) =>
  [...text.matchAll(new RegExp(`^${header}: (.*?)\r?$`, "gm"))].map(([, value]) => value!)
const textOf = (play: { text: string }[]) => play.map(({ text }) => text).join("")

/** Epoch nanoseconds of a stamp whose fraction is a count. */
function nanosOf(stamp: string): bigint {
  const [seconds, nanos] = stamp.slice(0, -1).split(".") as [string, string]
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(nanos)
}

test("a play says what the recording says, with other Uuids, times and nothing else", () => {
  const mask = (text: string) =>
    text
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID")
      .replace(/\d{4}-\d\d-\d\dT[\d:]+\.\d{1,9}Z/g, "TIME")
  const played = textOf(makePlay(recording, Date.now(), PACE))
  assert.equal(mask(played), mask(recording))
})

test("no Uuid is said in two plays, and within one the same thing keeps its Uuid", () => {
  const [first, second] = [1, 2].map(() => textOf(makePlay(recording, Date.now(), PACE)))
  const uuids = (text: string) => text.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g)!
  assert.deepEqual(new Set(uuids(first!)).intersection(new Set(uuids(second!))), new Set())
  const shape = (text: string) => {
    const all = uuids(text)
    return all.map((uuid) => all.indexOf(uuid))
  }
  assert.deepEqual(shape(first!), shape(recording))
})

test("what the recording has in order is in order in the play, at its own moment", () => {
  const startedAt = Date.parse("2030-05-06T07:08:09.000Z")
  const play = makePlay(recording, startedAt, PACE)
  const old = recording.split("\r\n\r\n\r\n").filter(Boolean)
  const stamps = (text: string) =>
    ["TmCreate", "TmUpdate", "TmDelete"].flatMap((name) => values(text, name))
  const pairs = play.flatMap(({ text }, index) => {
    const before = stamps(old[index]!)
    return stamps(text).map((after, at) => [before[at]!, after] as const)
  })
  const times = pairs
    .filter(([before]) => before !== "<unknown>")
    .map(([before, after]) => ({ before: nanosOf(before), after: nanosOf(after) }))
    .sort((a, b) => (a.before < b.before ? -1 : 1))
  for (const [index, { before, after }] of times.entries()) {
    if (index === 0) continue
    const last = times[index - 1]!
    assert.equal(after > last.after, before > last.before)
  }
  for (const { afterMs, text } of play.filter(({ text }) => /DialingCreate/.test(text))) {
    const created = nanosOf(values(text, "TmCreate")[0]!)
    assert.equal(Number(created / 1_000_000n) - startedAt, afterMs)
  }
})

test("gaps between events keep to the pace", () => {
  const play = makePlay(recording, Date.now(), PACE)
  const gaps = play.slice(1).map(({ afterMs }, index) => afterMs - play[index]!.afterMs)
  assert.ok(Math.min(...gaps) >= 99)
  assert.ok(Math.max(...gaps) <= 1501)
})

test("a time stamp's fraction is a count, printed without leading zeros", () => {
  const stamps = [1, 2, 3, 4, 5, 6, 7, 8].flatMap(() =>
    values(textOf(makePlay(recording, Date.now(), PACE)), "TmCreate"),
  )
  const fractions = stamps.map((stamp) => /\.(\d+)Z$/.exec(stamp)?.[1]).filter(Boolean)
  assert.ok(fractions.every((fraction) => /^(0|[1-9]\d{0,8})$/.test(fraction!)))
})
