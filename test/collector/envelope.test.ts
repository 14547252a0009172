import assert from "node:assert/strict"
import { test } from "node:test"
import type { AmiMessage } from "@ringback/ami/message"
import { finish, makeEnvelope } from "@ringback/collector/envelope"
import { jsonOf, RecordWriter } from "@ringback/collector/spool/record"

test("an event has room for its longest JSON, and no byte more is reserved", () => {
  const envelope = makeEnvelope({ tenant: "t", source: "s", collector: "c" })
  // The shortest lines grow most.
  for (const count of [1, 2, 50]) {
    const headers = Array.from({ length: count }, (): [string, string] => ["", ""])
    const message: AmiMessage = { kind: "event", name: "", headers, text: ":\n".repeat(count) }
    const draft = envelope.event(message, 1_000)
    assert.ok(typeof draft !== "string")
    const json = finish(draft.head, message)
    assert.equal(draft.maxBytes, json.length)
    assert.equal(jsonOf(new RecordWriter().write(draft)), json)
  }
})
