import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { header, headerValues, writeMessage } from "@ringback/ami/message"
import { AmiParser, type DroppedMessage, type ParserOptions } from "@ringback/ami/parser"

const SEED = 20_261_122

function read(text: string | Buffer, options: ParserOptions = {}) {
  return new AmiParser(options).push(Buffer.from(text))
}

test("the first header alone says what a message is", () => {
  const [event, response, other] = read(
    "Event: OriginateResponse\r\nResponse: Failure\r\n\r\n" +
      "Response: Success\r\nEvent: Fake\r\n\r\n" +
      "Uuid: 1\r\nEvent: OutPlanCreate\r\n\r\n",
  )
  assert.deepEqual([event?.kind, event?.name], ["event", "OriginateResponse"])
  assert.deepEqual([response?.kind, response?.name], ["response", "Success"])
  assert.deepEqual([other?.kind, other?.name], ["other", "Uuid: 1"])
})

test("a user event that carries Event, Response and repeated headers stays one user event", () => {
  const [message, ...rest] = read(
    "Event: UserEvent\r\nUserEvent: X\r\nEvent: OutPlanCreate\r\nResponse: Success\r\nFoo: bar\r\nFoo: baz\r\n\r\n",
  )
  assert.equal(message?.name, "UserEvent")
  assert.deepEqual(message && headerValues(message, "foo"), ["bar", "baz"])
  assert.deepEqual(rest, [])
})

test("values are kept as they are but for one space before and the line end behind", () => {
  const values = [
    "  two spaces",
    "tab\there ",
    "bare\rCR",
    "ends in CR\r",
    "\x1b[0m\x01",
    "a: b=c: d",
    "",
    "\ufffe 😀",
  ]
  const text = `Event: X\r\n${values.map((value) => `V: ${value}\r\n`).join("")}None:x\r\nNone:\r\n\r\n`
  const [message] = read(text)
  assert.deepEqual(message && headerValues(message, "V"), values)
  assert.deepEqual(message && headerValues(message, "None"), ["x", ""])
})

test("a line without a colon is kept as a name without a value", () => {
  assert.deepEqual(read("Event: X\r\nodd line\r\n\r\n")[0]?.headers[1], ["odd line", ""])
  assert.deepEqual(read("Event: ü\r\nodd line\r\n\r\n")[0]?.headers[1], ["odd line", ""])
})

test("bare LF ends lines and messages too, mixed with CRLF; one CR before it belongs to the line end", () => {
  const messages = read("Event: A\nX: 1\r\nY: 2\n\nEvent: B\r\n\nEvent: C\n\r\n")
  assert.deepEqual(
    messages.map(({ headers }) => headers),
    [
      [
        ["Event", "A"],
        ["X", "1"],
        ["Y", "2"],
      ],
      [["Event", "B"]],
      [["Event", "C"]],
    ],
  )
})

test("any number of empty lines may stand before, between and after messages", () => {
  assert.equal(read("\r\n\r\nEvent: A\r\n\r\n\r\n\n\r\nEvent: B\r\n\r\n\r\n\r\n").length, 2)
})

test("the greeting is a line of its own, of any version, or absent", () => {
  for (const greeting of [
    "Asterisk Call Manager/2.10.6",
    "Asterisk Call Manager/11.0.0",
    "Asterisk Call Manager: x",
  ]) {
    const parser = new AmiParser()
    assert.equal(parser.push(Buffer.from(`${greeting}\r\nEvent: A\r\n\r\n`)).length, 1)
    assert.equal(parser.banner, greeting)
  }
  const parser = new AmiParser()
  assert.equal(
    parser.push(Buffer.from("Event: A\r\n\r\nAsterisk Call Manager/1\r\n\r\n")).length,
    2,
  )
  assert.equal(parser.banner, undefined)
})

test("the output of a command of old versions is one message, empty lines and look-alikes in it included", () => {
  const text =
    "Response: Follows\r\nPrivilege: Command\r\nActionID: 7\r\n" +
    "Channel: none\nEvent: not one\n\n2 active calls\r\n--END COMMAND--\r\n\r\n"
  const [answer, next] = read(`${text}Event: A\r\n\r\n`)
  assert.equal(answer?.kind, "response")
  assert.equal(answer && header(answer, "ActionID"), "7")
  assert.deepEqual(answer?.output, ["Channel: none", "Event: not one", "", "2 active calls"])
  assert.equal(next?.name, "A")
  const [unended] = read(
    "Response: Follows\r\nPrivilege: Command\r\nno line end--END COMMAND--\r\n\r\n",
  )
  assert.deepEqual(unended?.output, ["no line end"])
})

test("a command's output is known in any letter case, and a line like it is none", () => {
  const output = "a\n\nb\n--END COMMAND--\r\n\r\n"
  for (const first of ["Response: Follows", "response:follows", "RESPONSE:  FOLLOWS"])
    assert.deepEqual(read(`${first}\r\n${output}`)[0]?.output, ["a", "", "b"], first)
  for (const first of ["Response: Follows on", "XResponse: Follows", "Reason: Follows"])
    assert.equal(read(`${first}\r\nA: 1\r\n\r\n`)[0]?.output, undefined, first)
})

test("nothing is kept of what is skipped, however long it is", () => {
  const dropped: DroppedMessage[] = []
  const parser = new AmiParser({ maxMessageBytes: 1_000, onDropped: (each) => dropped.push(each) })
  const { arrayBuffers } = process.memoryUsage()
  parser.push(Buffer.from("Event: Huge\r\nV: "))
  const chunk = Buffer.alloc(65_536, "x")
  for (let count = 0; count < 1_000; count++) parser.push(chunk)
  assert.ok(process.memoryUsage().arrayBuffers - arrayBuffers < 8_000_000)
  assert.equal(parser.push(Buffer.from("\r\n\r\nEvent: After\r\n\r\n"))[0]?.name, "After")
  assert.deepEqual(dropped, [
    { why: "oversized", bytes: 65_536_000 + 18, firstLine: "Event: Huge" },
  ])
})

test("a message of the limit's size passes, one byte more is refused, and the session goes on", () => {
  const make = (bytes: number) => {
    const frame = "Event: X\r\nV: \r\n"
    return `${frame.slice(0, -2)}${"v".repeat(bytes - frame.length)}\r\n\r\n`
  }
  for (const size of [1, 7, 1_400, 70_000]) {
    const dropped: DroppedMessage[] = []
    const parser = new AmiParser({
      maxMessageBytes: 1_000,
      onDropped: (each) => dropped.push(each),
    })
    const bytes = Buffer.from(
      `${make(1_000)}${make(1_001)}Event: after\r\n\r\n${make(5_000)}Event: last\r\n\r\n`,
    )
    const names = []
    for (let at = 0; at < bytes.length; at += size) {
      names.push(...parser.push(bytes.subarray(at, at + size)).map(({ name }) => name))
    }
    assert.deepEqual(names, ["X", "after", "last"])
    assert.deepEqual(dropped, [
      { why: "oversized", bytes: 1_001, firstLine: "Event: X" },
      { why: "oversized", bytes: 5_000, firstLine: "Event: X" },
    ])
    assert.equal(parser.oversizedCount, 2)
  }
})

test("a line that never ends and an endless command output are refused as well", () => {
  const dropped: DroppedMessage[] = []
  const parser = new AmiParser({ maxMessageBytes: 1_000, onDropped: (each) => dropped.push(each) })
  parser.push(Buffer.from(`Response: Follows\r\nPrivilege: Command\r\n${"line\n\n".repeat(400)}`))
  const [after] = parser.push(Buffer.from("--END COMMAND--\r\n\r\nEvent: A\r\n\r\n"))
  assert.equal(after?.name, "A")
  for (let count = 0; count < 100; count++) parser.push(Buffer.alloc(1_000, 120))
  parser.end()
  assert.deepEqual(
    dropped.map(({ why, bytes }) => [why, bytes]),
    [
      ["oversized", 2_456],
      ["oversized", 100_000],
    ],
  )
})

test("what the end of a stream cuts off is reported, once, and not handed over", () => {
  const dropped: DroppedMessage[] = []
  const parser = new AmiParser({ onDropped: (each) => dropped.push(each) })
  assert.equal(parser.push(Buffer.from("Event: A\r\n\r\nEvent: B\r\nUuid: 1")).length, 1)
  parser.end()
  parser.end()
  assert.deepEqual(dropped, [{ why: "cut_off", bytes: 17, firstLine: "Event: B" }])
})

test("the end of a stream behind complete messages is nothing to report", () => {
  for (const rest of ["", "\r\n", "\r", "\r\n\r"]) {
    const parser = new AmiParser({ onDropped: () => assert.fail(JSON.stringify(rest)) })
    parser.push(Buffer.from(`Event: A\r\n\r\n${rest}`))
    parser.end()
  }
})

test("any messages, however the stream is cut, are read as they were written", () => {
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,15}$/)
  const value = fc
    .string({ unit: "binary", maxLength: 30 })
    .map((text) => text.replaceAll("\n", ""))
  const headers = fc.array(fc.tuple(name, value), { maxLength: 8 })
  const message = fc.tuple(fc.constantFrom("Event", "Response"), name, headers)
  const pauses = fc.constantFrom("", "\r\n", "\n", "\r\n\r\n")
  const stream = fc.array(fc.tuple(message, pauses), { maxLength: 6 })
  fc.assert(
    fc.property(stream, fc.array(fc.nat(2_000), { maxLength: 30 }), (parts, places) => {
      const written = parts.map(
        ([[kind, first, rest]]) => [[kind, first], ...rest] as [string, string][],
      )
      const text = parts
        .map(([, pause], index) => writeMessage(written[index] ?? []) + pause)
        .join("")
      const bytes = Buffer.from(text)
      const parser = new AmiParser()
      const sorted = [0, ...places.toSorted((a, b) => a - b), bytes.length]
      const chunks = sorted.slice(1).map((place, index) => bytes.subarray(sorted[index], place))
      const readBack = chunks.flatMap((chunk) => parser.push(chunk)).map(({ headers }) => headers)
      assert.deepEqual(readBack, written.map(wellFormed))
    }),
    { seed: SEED, numRuns: 500 },
  )
})

// What is no UTF-8 (half a surrogate pair) leaves as U+FFFD.
function wellFormed(headers: [string, string][]): [string, string][] {
  return headers.map(([name, value]) => [name, value.toWellFormed()])
}
