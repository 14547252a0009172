import assert from "node:assert/strict"
import { test } from "node:test"
import { type RecordKind, recordKinds } from "@ringback/events/ami-event-kinds"
import { Known, listedKinds } from "@ringback/collector/gaps/known"
import { openState } from "@ringback/collector/state"

test("an event of any kind, also of one that no list shows, is taken; only listed ones are remembered", () => {
  const state = openState(undefined, 0)
  const known = new Known(state)
  const message = {
    kind: "event" as const,
    name: "x",
    headers: [["Uuid", "u"] as [string, string]],
  }
  const bytes = Buffer.from("0 {}\n")
  const line = { bytes, from: 0, to: 5, end: 5, isLoaded: false, isDone: false }
  for (const kind of [...recordKinds, "agent" as RecordKind])
    known.note({ kind, action: "created" }, message, line)
  for (const kind of listedKinds) assert.ok(known.of(kind).has("u"), kind)
  state.close()
})
