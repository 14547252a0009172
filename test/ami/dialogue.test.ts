import assert from "node:assert/strict"
import { test } from "node:test"
import { Dialogue, type ListResult } from "@ringback/ami/dialogue"
import { AmiError } from "@ringback/ami/errors"
import type { AmiMessage, HeaderPair } from "@ringback/ami/message"
import { TUNING } from "@ringback/ami/tuning"
import { ManualClock } from "./time.ts"

// Questions and answers without a socket: what is due when, and whose an answer is.

function startDialogue() {
  const clock = new ManualClock()
  const written: string[] = []
  const silent: string[] = []
  const dialogue = new Dialogue({
    clock,
    tuning: TUNING,
    idPrefix: "own-",
    write: (text) => void written.push(text),
    onSilent: (action) => void silent.push(action),
  })
  const settled: unknown[] = []
  const ask = (Action: string) =>
    dialogue.ask({ Action }, (error, answer) => settled.push(error?.code ?? answer?.name))
  const lists: (ListResult | string)[] = []
  const askList = () =>
    dialogue.askList({ Action: "Show" }, (error, list) => lists.push(list ?? error!.code))
  return { clock, dialogue, written, silent, ask, settled, askList, lists }
}

const message = (
  kind: AmiMessage["kind"],
  name: string,
  headers: HeaderPair[] = [],
  text?: string,
): AmiMessage => ({
  kind,
  name,
  headers: [[kind === "event" ? "Event" : "Response", name], ...headers],
  text,
})
const row = (id: string, ...more: HeaderPair[]) =>
  message("event", "Entry", [["ActionID", id], ...more])
const isComplete = (list: ListResult | string | undefined) => typeof list === "object" && list.ok

const ended = new AmiError("lost", "gone")

test("with the session all questions end, asked or not, and later ones do so at once", () => {
  const { clock, dialogue, written, silent, ask, settled, askList, lists } = startDialogue()
  ask("A")
  ask("B")
  askList()
  assert.equal(dialogue.isIdle, false)
  dialogue.end(ended)
  assert.deepEqual([settled, lists], [["lost", "lost"], ["lost"]])
  ask("C")
  assert.deepEqual(settled, ["lost", "lost", "lost"])
  assert.equal(written.length, 1)
  assert.equal(dialogue.isIdle, true)
  // Nobody owes an answer any more, and none is taken.
  clock.advance(60_000)
  assert.deepEqual(silent, [])
  assert.equal(dialogue.accept(message("response", "Success", [["ActionID", "own-1"]])), false)
})

test("a deadline that comes a second late is judged, a later one is given two seconds more", () => {
  const prompt = startDialogue()
  prompt.ask("A")
  prompt.clock.jump(11_000)
  assert.deepEqual(prompt.silent, ["A"])
  const stalled = startDialogue()
  stalled.ask("A")
  stalled.clock.jump(11_001)
  stalled.clock.advance(1_999)
  assert.deepEqual(stalled.silent, [])
  stalled.clock.advance(1)
  assert.deepEqual(stalled.silent, ["A"])
})

test("an answer may stand behind what was read in its deadline, where that is much", () => {
  const little = startDialogue()
  little.dialogue.noteRead(1_000_000)
  little.ask("A")
  little.dialogue.noteRead(256 * 1_024)
  little.clock.advance(10_000)
  assert.deepEqual(little.silent, ["A"])
  const much = startDialogue()
  much.ask("A")
  much.dialogue.noteRead(128 * 1_024)
  much.dialogue.noteRead(128 * 1_024 + 1)
  much.clock.advance(10_000)
  assert.deepEqual(much.silent, [])
  much.clock.advance(10_000)
  assert.deepEqual(much.silent, ["A"])
})

test("each of two questions has the whole deadline from when it was written", () => {
  const { clock, dialogue, silent, ask, settled } = startDialogue()
  ask("A")
  ask("B")
  clock.advance(9_000)
  assert.ok(dialogue.accept(message("response", "Success", [["ActionID", "own-1"]])))
  clock.advance(9_999)
  assert.deepEqual(silent, [])
  clock.advance(1)
  assert.deepEqual([settled, silent], [["Success"], ["B"]])
})

test("a response is the asked one's by its id, a complaint also without one, and nobody's where nothing is asked", () => {
  const { dialogue, ask, settled } = startDialogue()
  assert.equal(dialogue.accept(message("response", "Error")), false)
  ask("A")
  assert.equal(dialogue.accept(message("response", "Success", [["ActionID", "own-2"]])), false)
  assert.equal(dialogue.accept(message("other", "Success", [["ActionID", "own-1"]])), false)
  assert.equal(dialogue.accept(row("own-1")), true, "a late row, which is no event")
  assert.equal(dialogue.accept(row("other-1")), false)
  assert.equal(dialogue.accept(message("response", "Success")), false)
  assert.deepEqual(settled, [])
  assert.equal(dialogue.accept(message("response", "Error")), true)
  assert.deepEqual(settled, ["Error"])
})

test("the answers of a login bear its id, complaints too", () => {
  const { dialogue, ask, settled } = startDialogue()
  for (const [index, action] of ["Challenge", "Login"].entries()) {
    ask(action)
    for (const name of ["Success", "Error"])
      assert.equal(dialogue.accept(message("response", name)), false, `${action} ${name}`)
    const id = `own-${index + 1}`
    assert.equal(dialogue.accept(message("response", "Success", [["ActionID", id]])), true)
  }
  assert.deepEqual(settled, ["Success", "Success"])
})

test("a row is no row with a Privilege, wherever that stands", () => {
  const { dialogue, askList, lists } = startDialogue()
  askList()
  const live = message("event", "UserEvent", [
    ["ActionID", "own-1"],
    ["Privilege", "user,all"],
    ["EventList", "Complete"],
  ])
  assert.equal(dialogue.accept(live), false)
  assert.equal(dialogue.accept(message("other", "EntryComplete", [["ActionID", "own-1"]])), false)
  assert.deepEqual(lists, [])
})

test("a list may pause for 25 s before its first row, between two, and after its response", () => {
  const { clock, dialogue, askList, lists } = startDialogue()
  askList()
  clock.advance(24_999)
  dialogue.accept(message("response", "Success", [["ActionID", "own-1"]]))
  clock.advance(24_999)
  dialogue.accept(row("own-1"))
  clock.advance(24_999)
  assert.deepEqual(lists, [])
  clock.advance(1)
  assert.deepEqual(lists, ["silent"])
  assert.equal(dialogue.isIdle, true)
})

test("a list ends with its completing event alone, and its rows are in their order", () => {
  const { dialogue, askList, lists } = startDialogue()
  askList()
  for (const uuid of ["1", "2"]) dialogue.accept(row("own-1", ["Uuid", uuid]))
  const end = message("event", "ShowComplete", [["ActionID", "own-1"]])
  assert.ok(dialogue.accept(end))
  const [list] = lists
  assert.ok(typeof list === "object" && list.ok)
  assert.deepEqual(
    list.rows.map(({ headers }) => headers[2]?.[1]),
    ["1", "2"],
  )
  assert.equal(list.complete, end)
})

test("20,000 rows are a list, one more is none", () => {
  for (const [rows, isTaken] of [
    [20_000, true],
    [20_001, false],
  ] as const) {
    const { dialogue, askList, lists } = startDialogue()
    askList()
    for (let count = 0; count < rows; count++) dialogue.accept(row("own-1"))
    dialogue.accept(message("event", "ShowComplete", [["ActionID", "own-1"]]))
    assert.equal(isComplete(lists[0]), isTaken)
    assert.ok(isTaken || lists[0] === "list_too_large")
  }
})

test("16 MiB of rows are a list, one byte more is none, whether or not they are ASCII", () => {
  const limit = 16 * 1_048_576
  const headers: HeaderPair[] = [["ActionID", "own-1"]]
  const fixed = "EventEntryActionIDown-1".length + "V".length
  for (const more of [0, 1]) {
    const ascii = message("event", "Entry", headers, "x".repeat(limit + more))
    const other = row("own-1", ["V", "y".repeat(limit - fixed + more)])
    for (const only of [ascii, other]) {
      const { dialogue, askList, lists } = startDialogue()
      askList()
      dialogue.accept(only)
      dialogue.accept(message("event", "ShowComplete", [["ActionID", "own-1"]]))
      assert.equal(isComplete(lists[0]), more === 0)
    }
  }
})

test("a list that grew too large says so in words, and the next question is asked", () => {
  const { dialogue, written, ask } = startDialogue()
  let said = ""
  dialogue.askList({ Action: "Show" }, (error) => void (said = error!.message))
  ask("A")
  for (let count = 0; count <= 20_000; count++) dialogue.accept(row("own-1"))
  assert.equal(said, "the list of Show has more than 20000 rows or 16 MiB")
  assert.equal(written.length, 2)
})
