import assert from "node:assert/strict"
import { test } from "node:test"
import { identify } from "@ringback/events/identity"
import { documentedEvents, moduleEvents, type Pair } from "./capture.ts"
import { sent, keyOf } from "./sent.ts"

test("two sessions on one PBX: none of the documented events is dropped, and both agree on each", () => {
  const [a, b] = ["41-two-sessions-a", "41-two-sessions-b"].map((recording) =>
    documentedEvents(recording).map((event) => keyOf(sent(event))),
  ) as [string[], string[]]
  assert.equal(a.length, 588)
  assert.equal(b.length, 588)
  assert.equal(new Set(a).size, 588)
  assert.deepEqual(new Set(a), new Set(b))
})

test("two sessions on one PBX: the unversioned rest is never taken for a repeat", () => {
  const rest = ["41-two-sessions-a", "41-two-sessions-b"]
    .flatMap(moduleEvents)
    .filter(([first]) => first![1].startsWith("OutDlList"))
  assert.equal(rest.length, 2 * (844 - 588))
  assert.equal(new Set(rest.map((event) => keyOf(sent(event)))).size, rest.length)
})

test("keys that others would choose lose real events of these recordings", () => {
  const events = documentedEvents("41-two-sessions-a")
  const value = (event: Pair[], wanted: string) =>
    event.find(([name]) => name === wanted)?.[1] ?? null
  const lost = (key: (event: Pair[]) => unknown[]) =>
    events.length - new Set(events.map((event) => JSON.stringify(key(event)))).size
  assert.equal(
    lost((event) => [value(event, "Uuid"), value(event, "TmUpdate")]),
    111,
  )
  assert.equal(
    lost((event) => [value(event, "Event"), value(event, "Uuid"), value(event, "TmUpdate")]),
    9,
  )
})

test("two events of one moment that differ in a header of their own are two", () => {
  const said = (file: string) =>
    identify(
      sent([
        ["Event", "UserEvent"],
        ["Privilege", "user,all"],
        ["Timestamp", "1795329003.920743"],
        ["UserEvent", "Recorded"],
        ["File", file],
      ]),
    ).hash.toString("hex")
  assert.equal(said("a.wav"), said("a.wav"))
  assert.notEqual(said("a.wav"), said("b.wav"))
})
