import assert from "node:assert/strict"
import { test } from "node:test"
import type { HeaderPair } from "@ringback/events/header"
import { translate } from "@ringback/events/translate"
import { receivedAt, read, dataOf } from "./translated.ts"

test("numbers are numbers where they are safe integers, and else the text that was sent", () => {
  const status = (value: string) => dataOf(["Event", "OutCampaignUpdate"], ["Status", value])
  assert.deepEqual(status("10"), { status: 10, statusName: "stopping", variables: {} })
  assert.deepEqual(status("-1"), { status: -1, statusName: null, variables: {} })
  assert.deepEqual(status("9007199254740991")["status"], 9007199254740991)
  for (const text of [
    "9007199254740992",
    "-9007199254740992",
    "1.5",
    "1e3",
    "0x1",
    "01",
    "-0",
    " 1",
    "1 ",
    "on",
  ]) {
    assert.deepEqual(status(text), { status: text, statusName: null, variables: {} })
  }
  for (const text of ["", "<unknown>", "(null)"]) {
    assert.deepEqual(status(text), { status: null, statusName: null, variables: {} })
  }
})

test("the same header is a number in one kind and text in another", () => {
  assert.equal(dataOf(["Event", "OutDialingUpdate"], ["Status", "4"])["statusName"], "dial end")
  assert.equal(dataOf(["Event", "OutDlListUpdate"], ["Status", "2"])["statusName"], "reserved")
  assert.equal(dataOf(["Event", "OutPlanUpdate"], ["Status", "2"])["status"], "2")
  assert.equal(dataOf(["Event", "OutQueueUpdate"], ["Type", "1"])["type"], "1")
})

test("variables: split at the first =, the last wins, __proto__ is a name like any other", () => {
  const { variables } = read(
    ["Event", "OutPlanCreate"],
    ["Variable", "a=1"],
    ["Variable", "url=http://x/?q=1&r=2"],
    ["Variable", "__proto__=polluted"],
    ["Variable", "constructor=c"],
    ["Variable", "empty="],
    ["Variable", "=nameless"],
    ["Variable", "bare"],
    ["Variable", "<unknown>"],
    ["Variable", " spaced = kept "],
    ["Variable", "a=2"],
  ).data as { variables: object }
  assert.equal(
    JSON.stringify(variables),
    '{"a":"2","url":"http://x/?q=1&r=2","__proto__":"polluted","constructor":"c","empty":"","":"nameless",' +
      '"bare":""," spaced ":" kept "}',
  )
  assert.equal(Object.getPrototypeOf(variables), Object.prototype)
})

test("variables can be left out of an event that is too large", () => {
  const headers: HeaderPair[] = [
    ["Event", "OutPlanCreate"],
    ["Uuid", "u"],
    ["Variable", "a=1"],
  ]
  const { data } = translate(headers, { receivedAt, withoutVariables: true })!
  assert.deepEqual(data, { uuid: "u", variables: {} })
})

test("unknown headers are kept as text, repeated ones as an array", () => {
  assert.deepEqual(
    dataOf(
      ["Event", "OutQueueCreate"],
      ["Future", "1"],
      ["Colour", "red"],
      ["Colour", ""],
      ["colour", "blue"],
      ["__proto__", "x"],
      ["", "nameless"],
    ),
    JSON.parse(
      '{"variables":{},"future":"1","colour":["red",null,"blue"],"__proto__":"x","":"nameless"}',
    ),
  )
})

test("an unknown header does not take the place of a name of ours", () => {
  assert.deepEqual(
    dataOf(
      ["Event", "OutCampaignCreate"],
      ["StatusName", "mine"],
      ["Status", "1"],
      ["status", "small"],
      ["Variables", "v"],
    ),
    {
      status: 1,
      statusName: "start",
      variables: {},
      _statusName: "mine",
      _status: "small",
      _variables: "v",
    },
  )
})

test("of a known header that comes twice the first counts", () => {
  assert.deepEqual(dataOf(["Event", "OutQueueUpdate"], ["Name", "a"], ["Name", "b"]), {
    name: "a",
    variables: {},
  })
})

test("what belongs to the message is not in data", () => {
  const envelope: HeaderPair[] = [
    "Privilege",
    "Timestamp",
    "ActionID",
    "SequenceNumber",
    "File",
    "Line",
    "Func",
  ].map((name) => [name, "1"])
  assert.deepEqual(dataOf(["Event", "OutQueueDelete"], ...envelope, ["Uuid", "u"]), {
    uuid: "u",
    variables: {},
  })
})
