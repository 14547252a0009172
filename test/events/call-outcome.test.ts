import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { translate } from "@ringback/events/translate"
import type { HeaderPair } from "@ringback/events/header"
import { versionOf } from "@ringback/events/version"
import { moduleEvents } from "./capture.ts"
import { naiveEnd } from "./naive.ts"

const document = readFileSync(new URL("../../packages/events/README.md", import.meta.url), "utf8")
const [chapters] = document.split("\n## Names of codes")
const rows = chapters!
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", "")),
  )
const tableAfter = (head: string) => {
  const from = rows.findIndex(([first]) => first === head)
  const next = rows.findIndex(([first], at) => at > from && /^[a-z]+[A-Z]|^outcome$/.test(first!))
  return rows.slice(from + 2, next < 0 ? undefined : next)
}

const dataOf = (headers: HeaderPair[]) =>
  translate(headers, { receivedAt: Date.parse("2026-11-22T06:30:04.731Z") })!.data

const dialing = (resDial: string, resHangup: string, status = "6", name = "OutDialingUpdate") =>
  dataOf([
    ["Event", name],
    ["Uuid", "u"],
    ["Status", status],
    ["ResDial", resDial],
    ["ResHangup", resHangup],
  ])

// Every control frame and cause that the module's source can write, beside some that nobody knows.
const FRAMES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 99]
const CAUSES = Array.from({ length: 128 }, (_, cause) => cause)

test("the documented table decides every combination as the product does", () => {
  const rules = tableAfter("outcome").filter(([outcome]) => outcome !== "null")
  assert.equal(rules.length, 11)
  const fits = (cell: string, value: number) => !/^\d+$/.test(cell) || Number(cell) === value
  for (const resDial of FRAMES) {
    for (const resHangup of CAUSES) {
      const rule = rules.find(([, dial, cause]) => fits(dial!, resDial) && fits(cause!, resHangup))
      const { outcome } = dialing(`${resDial}`, `${resHangup}`)
      assert.equal(outcome, rule![0], `${resDial}, ${resHangup}`)
    }
  }
})

test("the combinations of the recordings are documented, each with the outcome that it has", () => {
  const documented = new Map(
    tableAfter("resDial").map(([dial, hangup, , outcome]) => [`${dial}/${hangup}`, outcome]),
  )
  const seen = new Map<string, unknown>()
  for (const name of ["13-timestampevents-yes", "30-dialing", "41-two-sessions-a"]) {
    for (const event of moduleEvents(name)) {
      if (!event[0]![1].startsWith("OutDialing") || !naiveEnd(event)) continue
      const said = Object.fromEntries(event)
      seen.set(`${said["ResDial"]}/${said["ResHangup"]}`, dataOf(event)["outcome"])
    }
  }
  assert.deepEqual(Object.fromEntries(seen), Object.fromEntries(documented))
})

test("a call that goes on has no outcome, and its result is not called failed", () => {
  for (const status of ["0", "1", "2", "3", "4", "5"]) {
    const { outcome, resDialName } = dialing("0", "0", status)
    assert.deepEqual([status, outcome, resDialName], [status, null, null])
  }
  assert.equal(dialing("4", "0", "5")["outcome"], null)
  assert.equal(dialing("4", "0", "5")["resDialName"], "answered")
})

test("a call that failed is said to have failed", () => {
  for (const ended of [
    dialing("0", "0", "6"),
    dialing("0", "0", "10"),
    dialing("0", "1", "1"),
    dialing("0", "0", "1", "OutDialingDelete"),
  ]) {
    assert.equal(ended["outcome"], "failed")
    assert.equal(ended["resDialName"], "failed")
  }
})

test("an end that bears no result at all says nothing of the outcome", () => {
  assert.equal(
    dataOf([
      ["Event", "OutDialingDelete"],
      ["Uuid", "u"],
    ])["outcome"],
    null,
  )
  assert.equal(dialing("<unknown>", "", "6")["outcome"], null)
  assert.equal(dialing("<unknown>", "17", "6")["outcome"], "busy")
})

test("a dial list's row that is being called, or never was, has no result yet", () => {
  const row = (status: string, tries: string) =>
    dataOf([
      ["Event", "OutDlListUpdate"],
      ["Uuid", "u"],
      ["Status", status],
      ["TryCnt1", "0"],
      ["TryCnt2", tries],
      ["ResDial", "0"],
    ])["resDialName"]
  assert.deepEqual(
    [row("1", "1"), row("2", "1"), row("0", "0"), row("0", "1")],
    [null, null, null, "failed"],
  )
})

test("of a record's last update and its delete, which bear the same time, the delete is newer", () => {
  const at = "2026-11-22T06:27:40.281000000Z"
  const inOrder = ["created", "updated", "deleted"].map((verb) => versionOf(`dialing.${verb}`, at))
  assert.deepEqual(inOrder.toSorted(), inOrder)
  assert.equal(new Set(inOrder).size, 3)
  assert.equal(versionOf("call.answered", at), `${at}/1`)
  assert.equal(versionOf("source.gap", at), `${at}/0`)
  assert.ok(versionOf("dialing.created", "2026-11-22T06:27:40.281000001Z") > inOrder[2]!)
})
