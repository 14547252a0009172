import assert from "node:assert/strict"
import { test } from "node:test"
import {
  actions,
  entryNameOf,
  eventNameOf,
  kindOfEntry,
  recordKinds,
  parseEventName,
} from "@ringback/events/ami-event-kinds"
import { eventFromEntry, fingerprint } from "@ringback/events/record"
import { translate } from "@ringback/events/translate"
import { captureEvents, type Pair } from "./capture.ts"

const uuidOf = (event: Pair[]) => event.find(([name]) => name === "Uuid")![1]

test("the names of events and rows are the module's", () => {
  assert.equal(eventNameOf("dllist", "created"), "OutDlListCreate")
  assert.equal(entryNameOf("dllist"), "OutDlListEntry")
  for (const kind of recordKinds) {
    assert.equal(kindOfEntry(entryNameOf(kind)), kind)
    for (const action of actions) {
      assert.deepEqual(parseEventName(eventNameOf(kind, action)), { kind, action })
    }
  }
  assert.equal(kindOfEntry("OutCampaignStatEntry"), undefined)
  assert.equal(parseEventName("OutCampaignEntry"), undefined)
  assert.equal(parseEventName("toString"), undefined)
})

for (const recording of ["20-plan", "21-dlma", "22-destination", "23-campaign", "25-dllist"]) {
  test(`${recording}: a list's rows say the same as the events before them`, () => {
    const latest = new Map<string, string>()
    let compared = 0
    for (const event of captureEvents(recording)) {
      const name = event[0]![1]
      if (parseEventName(name)) latest.set(uuidOf(event), fingerprint(event).toString("hex"))
      if (!kindOfEntry(name)) continue
      assert.equal(fingerprint(event).toString("hex"), latest.get(uuidOf(event)))
      compared += 1
    }
    assert.ok(compared > 0)
  })
}

test("order and the ways to say nothing make no difference to a record; a value does, and the order of variables", () => {
  const hex = (...headers: Pair[]) => fingerprint(headers).toString("hex")
  const record = hex(
    ["Event", "OutPlanEntry"],
    ["ActionID", "1"],
    ["Uuid", "u"],
    ["Name", "n"],
    ["Detail", ""],
  )
  assert.equal(hex(["Event", "OutPlanCreate"], ["Name", "n"], ["Uuid", "u"]), record)
  assert.notEqual(hex(["Event", "OutPlanCreate"], ["Name", "m"], ["Uuid", "u"]), record)
  assert.notEqual(
    hex(["Variable", "a=1"], ["Variable", "a=2"]),
    hex(["Variable", "a=2"], ["Variable", "a=1"]),
  )
})

test("a row becomes the event that was missed", () => {
  const entry = captureEvents("20-plan").find(([first]) => first![1] === "OutPlanEntry")!
  const event = eventFromEntry(entry, "updated")!
  assert.deepEqual(event[0], ["Event", "OutPlanUpdate"])
  assert.equal(
    event.some(([name]) => name === "ActionID"),
    false,
  )
  assert.equal(translate(event, { receivedAt: 0 })!.type, "plan.updated")
  assert.equal(eventFromEntry([["Event", "OutPlanListComplete"]], "updated"), undefined)
})
