import assert from "node:assert/strict"
import { test } from "node:test"
import { dataNameOf, fieldsOf } from "@ringback/events/field"
import type { HeaderPair } from "@ringback/events/header"
import { recordKinds } from "@ringback/events/ami-event-kinds"
import { fieldNamesOf, isFieldOf, override } from "@ringback/events/override"
import { translate } from "@ringback/events/translate"

const PLAN: HeaderPair[] = [
  ["Event", "OutPlanUpdate"],
  ["Uuid", "u"],
  ["Name", "patient"],
  ["Variable", "team=renewals"],
]

test("a field takes the place of the header that says it, and none but that", () => {
  assert.deepEqual(override(PLAN, { name: "bold" }), [
    ["Event", "OutPlanUpdate"],
    ["Uuid", "u"],
    ["Name", "bold"],
    ["Variable", "team=renewals"],
  ])
  assert.deepEqual(override(PLAN, {}), PLAN)
})

test("a field that the event does not say is added, and a variable after those that it has", () => {
  const headers = override(PLAN, {
    dialMode: "1",
    "variables.team": "other",
    "variables.x=y": "z",
    name: "bold",
  })
  assert.deepEqual(headers.slice(4), [
    ["DialMode", "1"],
    ["Variable", "team=other"],
    ["Variable", "x=y=z"],
  ])
  const { data } = translate(headers, { receivedAt: 0 })!
  assert.equal(data["name"], "bold")
  assert.equal(data["dialMode"], 1)
  assert.deepEqual(data["variables"], { team: "other", x: "y=z" })
})

test("what the kind has not is left out", () => {
  const fields = { resDial: "4", Name: "n", event: "OutQueueCreate", "variables.": "v" }
  assert.deepEqual(override(PLAN, fields), PLAN)
  const queue: HeaderPair[] = [
    ["Event", "OutQueueUpdate"],
    ["Uuid", "u"],
  ]
  assert.deepEqual(override(queue, { "variables.team": "x" }), queue)
})

test("the names are those of data: a kind's headers, and variables where it has them", () => {
  for (const kind of recordKinds) {
    const headers = [...fieldsOf[kind].keys()]
    const names = headers.filter((header) => header !== "Variable").map(dataNameOf)
    assert.deepEqual(fieldNamesOf(kind), names)
    for (const name of names) assert.ok(isFieldOf(kind, name), `${kind} ${name}`)
    assert.equal(isFieldOf(kind, "variables.x"), headers.includes("Variable"), kind)
    for (const name of ["variable", "variables", "variables.", "Uuid", "x", ""])
      assert.equal(isFieldOf(kind, name), false, `${kind} ${name}`)
  }
  assert.equal(isFieldOf("queue", "variables.x"), false)
  assert.equal(isFieldOf("plan", "variables.x"), true)
})
