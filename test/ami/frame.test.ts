import assert from "node:assert/strict"
import { test } from "node:test"
import { AmiParser, type DroppedMessage } from "@ringback/ami/parser"
import { explainSocketError } from "@ringback/ami/socket"

const read = (text: string) => new AmiParser().push(Buffer.from(text))

test("every message of plain ASCII has its text, wherever in a read it stands, and no other has", () => {
  const lines = "Event: A\r\nX: 1\r\n"
  const [first, second, third, wide] = read(
    `${lines}\r\n${lines}\r\n${lines}\r\nEvent: \u00fc\r\n\r\n`,
  )
  for (const message of [first, second, third]) assert.equal(message!.text, lines)
  assert.equal(wide!.text, undefined)
})

test("headers asked for late are those that were read", () => {
  const parser = new AmiParser()
  const [first] = parser.push(Buffer.from("Event: A\r\nX: 1\r\nodd\r\n\r\n"))
  parser.push(Buffer.from("Event: B\r\nLonger: 22\r\nAnother: 333\r\n\r\n"))
  const headers = [
    ["Event", "A"],
    ["X", "1"],
    ["odd", ""],
  ]
  assert.deepEqual(first!.headers, headers)
  assert.equal(first!.headers, first!.headers, "they are cut once")
  const early: unknown[] = []
  new AmiParser().read(Buffer.from("Event: A\r\nX: 1\r\nodd\r\n\r\nEvent: B\r\n\r\n"), (message) =>
    early.push(message.headers),
  )
  assert.deepEqual(early, [headers, [["Event", "B"]]])
})

test("a message that is neither event nor response is named by its whole first line", () => {
  const names = read("odd line\r\nEvent: A\r\n\r\nbare:\r\n\r\nUuid: 1\r\n\r\n")
  // The first line of a stream is its greeting.
  assert.deepEqual(
    names.map(({ kind, name }) => [kind, name]),
    [
      ["event", "A"],
      ["other", "bare"],
      ["other", "Uuid: 1"],
    ],
  )
  const [odd, wide] = read("Event: X\r\n\r\nodd line\r\n\r\n\u00fc\r\n\r\n").slice(1)
  assert.equal(odd!.name, "odd line")
  assert.equal(wide!.name, "\u00fc")
})

test("a line longer than 256 bytes, and those behind it, are cut where they end", () => {
  for (const length of [254, 255, 256, 257, 258, 70_000]) {
    const value = "v".repeat(length)
    const [message, next] = read(
      `Event: A\r\nL: ${value}\r\nM: ${value}\r\n: \r\nN:\r\n\r\nEvent: B\r\n\r\n`,
    )
    assert.deepEqual(message!.headers, [
      ["Event", "A"],
      ["L", value],
      ["M", value],
      ["", ""],
      ["N", ""],
    ])
    assert.equal(next!.name, "B")
  }
})

test("a message of very many lines is read whole, and those after it", () => {
  for (const count of [255, 256, 257, 4_096, 5_000]) {
    const lines = Array.from({ length: count }, (_, index) => `N${index}: ${index}\r\n`)
    const [message, next] = read(`Event: A\r\n${lines.join("")}\r\nEvent: B\r\nX: 1\r\n\r\n`)
    assert.equal(message!.headers.length, count + 1)
    assert.deepEqual(message!.headers.at(-1), [`N${count - 1}`, `${count - 1}`])
    assert.deepEqual(next!.headers, [
      ["Event", "B"],
      ["X", "1"],
    ])
  }
})

test("a command's own headers are its first lines alone", () => {
  const [answer] = read(
    "Response: Follows\r\nPrivilege: Command\r\nMessage: m\r\nout\nActionID: of the output\n--END COMMAND--\r\n\r\n",
  )
  assert.deepEqual(answer!.headers, [
    ["Response", "Follows"],
    ["Privilege", "Command"],
    ["Message", "m"],
  ])
  assert.deepEqual(answer!.output, ["out", "ActionID: of the output"])
  const [empty] = read("Response: Follows\r\nActionID: 1\r\n--END COMMAND--\r\n\r\n")
  assert.deepEqual(empty!.output, [])
})

test("what is dropped says why, how long it was, and how it began", () => {
  const dropped: DroppedMessage[] = []
  const onDropped = (each: DroppedMessage) => dropped.push(each)
  const parser = new AmiParser({ maxMessageBytes: 300, onDropped })
  const line = `Event: ${"x".repeat(250)}`
  const huge = `${line}\r\nY: ${"y".repeat(100)}\r\n`
  parser.push(Buffer.from(`${huge}\r\nEvent: A\r\n\r\nEvent: B\r\ncut`))
  parser.end()
  parser.end()
  assert.deepEqual(dropped, [
    { why: "oversized", bytes: huge.length, firstLine: line.slice(0, 200) },
    { why: "cut_off", bytes: 13, firstLine: "Event: B" },
  ])
  assert.equal(parser.oversizedCount, 1)
  assert.equal(parser.push(Buffer.from("Event: C\r\n\r\n"))[0]!.name, "C")
})

test("what TLS has no words of ours for is told in OpenSSL's, with its code where it has one", () => {
  const explain = (code: string, reason?: string) => {
    const error = Object.assign(new Error("the message"), { code, ...(reason && { reason }) })
    return explainSocketError(error, { host: "pbx", port: 1 }, "handshake").message
  }
  assert.match(explain("ERR_SSL_NEW", "odd record"), /: odd record \(ERR_SSL_NEW\)$/)
  assert.match(explain("ERR_SSL_NEW"), /: the message \(ERR_SSL_NEW\)$/)
  assert.match(explain("UNSPECIFIED", "odd record"), /: odd record$/)
  assert.match(explain("CERT_HAS_EXPIRED", "odd record"), /: its certificate has expired \(CERT_/)
})
