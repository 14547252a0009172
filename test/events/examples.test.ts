import assert from "node:assert/strict"
import { readFileSync, writeFileSync } from "node:fs"
import { env } from "node:process"
import { test } from "node:test"
import { eventTypes, exampleHeaders } from "@ringback/events/documented-event-types"
import { exampleCall } from "@ringback/events/example-call"
import type { HeaderPair } from "@ringback/events/header"
import { outcomes } from "@ringback/events/call-outcome"
import { translate } from "@ringback/events/translate"

// A test of a source and the demo PBX say these; fixtures/example-events.json has them as they go over the wire. It is
// written anew by RINGBACK_WRITE_EXAMPLES=1, and its difference is read like that of any source.
const FILE = new URL("../fixtures/example-events.json", import.meta.url)
const NOW = Date.parse("2026-11-22T06:27:40.005Z")

function fresh() {
  let count = 0
  return { now: NOW, makeUuid: () => `uuid-${++count}` }
}

type Examples = { types: Record<string, string[]>; calls: Record<string, string[][]> }
const linesOf = (headers: HeaderPair[]) => headers.map(([name, value]) => `${name}: ${value}`)
const callOf = (outcome: (typeof outcomes)[number]) =>
  exampleCall({ uuid: "the call", outcome, fresh: fresh() })

test("the examples in the PBX's form are the recorded ones, to the letter", () => {
  const types = eventTypes.flatMap(({ type }): [string, string[]][] => {
    const headers = exampleHeaders(type, fresh())
    return headers ? [[type, linesOf(headers)]] : []
  })
  const calls = outcomes.map((outcome) => [outcome, callOf(outcome).map(linesOf)] as const)
  const made: Examples = { types: Object.fromEntries(types), calls: Object.fromEntries(calls) }
  if (env["RINGBACK_WRITE_EXAMPLES"]) writeFileSync(FILE, `${JSON.stringify(made, null, 2)}\n`)
  assert.deepEqual(made, JSON.parse(readFileSync(FILE, "utf8")))
})

for (const outcome of outcomes) {
  test(`an example of a call that ends as ${outcome} reads so, its times in order`, () => {
    const events = callOf(outcome).map((headers) => translate(headers, { receivedAt: NOW })!)
    const dialings = events.filter(({ type }) => type.startsWith("dialing."))
    assert.deepEqual([...new Set(dialings.map(({ subject }) => subject))], ["the call"])
    const told = dialings.map(({ data }) => data["outcome"])
    assert.deepEqual(told, [...told.slice(0, -2).map(() => null), outcome, outcome])
    const times = dialings.map(({ timestamp }) => timestamp)
    assert.deepEqual(times, times.toSorted())
    assert.equal(times.at(-1), "2026-11-22T06:27:40.005000000Z")
    const [taken, given] = events.filter(({ type }) => type === "dllist.updated")
    assert.equal(taken!.data["dialingUuid"], "the call")
    assert.equal(given!.data["dialingUuid"], null)
    assert.equal(given!.data["resDial"], dialings.at(-1)!.data["resDial"])
    assert.equal(taken!.subject, dialings[0]!.data["dlListUuid"])
  })
}

test("only an answered call has an event that says so, eight seconds after it began", () => {
  for (const outcome of outcomes) {
    const stages = callOf(outcome).map((headers) => Object.fromEntries(headers))
    const answers = stages.filter(({ Status, ResDial }) => Status === "1" && ResDial === "4")
    assert.equal(answers.length, outcome === "answered" ? 1 : 0)
    for (const { TmCreate, TmUpdate } of answers) {
      assert.equal(TmCreate, "2026-11-22T06:27:02.5000000Z")
      assert.equal(TmUpdate, "2026-11-22T06:27:10.5000000Z")
    }
  }
})
