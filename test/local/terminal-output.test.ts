import { makeTerminalOutput } from "@ringback/local/terminal-output"
import assert from "node:assert/strict"
import { test } from "node:test"

/** What a terminal of that width is given; without a width it is a pipe. */
function lineOf(columns?: number, name = "a name that is long"): string {
  let written = ""
  const stream = { isTTY: false, columns, write: (text: string) => (written += text) }
  makeTerminalOutput(stream as unknown as NodeJS.WriteStream).webhook({
    id: "evt_1",
    type: "destination.updated",
    body: {
      observedAt: "2026-11-22T14:00:00Z",
      data: { name, statusName: "originate requested" },
    },
    receivedAt: Date.parse("2026-11-22T14:00:01.234Z"),
    isSignatureOk: true,
    isRepeated: false,
  })
  return written
}

test("a webhook's line fits a terminal of 80 columns, and is whole in a pipe", () => {
  assert.ok(lineOf(80).trimEnd().length <= 80)
  assert.match(lineOf(80), /a name that is long ·… +1234 ms  signature ok\n$/)
  assert.match(lineOf(), /a name that is long · originate r…  +1234 ms  signature ok\n$/)
})

test("whatever a webhook says, nothing in its line is obeyed by a terminal", () => {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/
  for (const name of ["\u001b[2J", "\u009b2J", "\r", "\n", "\u202e", "\u0007"]) {
    assert.doesNotMatch(lineOf(80, name), obeyed)
    assert.equal(lineOf(80, name).split("\n").length, 2)
  }
})
