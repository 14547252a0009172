import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { HeaderPair } from "@ringback/events/header"
import { translate } from "@ringback/events/translate"
import { webhookBody } from "@ringback/events/webhook-body"
import { receivedAt, read, dataOf } from "./translated.ts"

test("the webhook of the documented example is the one that is promised", () => {
  const headers: HeaderPair[] = [
    ["Event", "OutCampaignUpdate"],
    ["Privilege", "message,all"],
    ["Uuid", "a3e3cc0e-083e-4b9e-8120-522eb9834098"],
    ["Name", "test"],
    ["Detail", "<unknown>"],
    ["Status", "0"],
    ["Plan", "<unknown>"],
    ["Dlma", "<unknown>"],
    ["Dest", "<unknown>"],
    ["TmCreate", "2016-10-23T23:59:18.883765584Z"],
    ["TmDelete", "<unknown>"],
    ["TmUpdate", "2016-10-24T00:01:29.706507679Z"],
  ]
  const context = { id: "evt_1", tenant: "ten_1", source: "src_1" }
  // Text against text: the order of the fields too is for people to read.
  assert.equal(
    webhookBody(context, read(...headers)),
    JSON.stringify({
      type: "campaign.updated",
      timestamp: "2016-10-24T00:01:29.706507679Z",
      version: "2016-10-24T00:01:29.706507679Z/1",
      observedAt: "2016-10-24T00:01:29.731000000Z",
      id: "evt_1",
      tenant: "ten_1",
      source: "src_1",
      data: {
        uuid: "a3e3cc0e-083e-4b9e-8120-522eb9834098",
        name: "test",
        detail: null,
        status: 0,
        statusName: "stop",
        plan: null,
        dlma: null,
        dest: null,
        variables: {},
        tmCreate: "2016-10-23T23:59:18.883765584Z",
        tmDelete: null,
        tmUpdate: "2016-10-24T00:01:29.706507679Z",
      },
    }),
  )
})

test("a body says that it was inferred, or cut, only where it was", () => {
  const event = read(["Event", "OutQueueDelete"], ["Uuid", "u"])
  const context = { id: "evt_1", tenant: "ten_1", source: null }
  const keys = (body: string) => Object.keys(JSON.parse(body))
  assert.deepEqual(keys(webhookBody(context, event)).slice(-2), ["source", "data"])
  const both = webhookBody({ ...context, synthetic: true, truncated: true }, event)
  assert.deepEqual(keys(both).slice(-3), ["synthetic", "truncated", "data"])
})

test("it happened when it was deleted, else updated, else created, else when it was seen", () => {
  const at = (...headers: HeaderPair[]) =>
    read(["Event", "OutCampaignDelete"], ...headers).timestamp
  const TmCreate: HeaderPair = ["TmCreate", "2016-01-01T00:00:00.1Z"]
  const TmUpdate: HeaderPair = ["TmUpdate", "2016-01-02T00:00:00.1Z"]
  const TmDelete: HeaderPair = ["TmDelete", "2016-01-03T00:00:00.1Z"]
  assert.equal(at(TmCreate, TmDelete, TmUpdate), "2016-01-03T00:00:00.000000001Z")
  assert.equal(at(TmCreate, ["TmDelete", "<unknown>"], TmUpdate), "2016-01-02T00:00:00.000000001Z")
  assert.equal(at(TmCreate, ["TmUpdate", "soon"]), "2016-01-01T00:00:00.000000001Z")
  assert.equal(at(), "2016-10-24T00:01:29.731000000Z")
  assert.equal(at(["Timestamp", "1477267289.706507"]), "2016-10-24T00:01:29.706507000Z")
})

test("a time that does not parse stays as it is", () => {
  const { tmUpdate } = dataOf(["Event", "OutPlanUpdate"], ["TmUpdate", "2016-02-30T00:00:00.1Z"])
  assert.equal(tmUpdate, "2016-02-30T00:00:00.1Z")
})

test("rows and queues have no version: they are as new as their sighting", () => {
  for (const name of ["OutDlListUpdate", "OutQueueUpdate"]) {
    const { timestamp, observedAt } = read(["Event", name], ["TmCreate", "2016-01-01T00:00:00.1Z"])
    assert.equal(timestamp, observedAt)
  }
})

test("any other event is ami., its subject the channel", () => {
  const hangup = read(
    ["Event", "Hangup"],
    ["Uniqueid", "1.2"],
    ["Linkedid", "1.1"],
    ["Cause", "16"],
  )
  assert.deepEqual(
    { type: hangup.type, subject: hangup.subject, data: hangup.data },
    {
      type: "ami.hangup",
      subject: "1.2",
      data: { variables: {}, uniqueid: "1.2", linkedid: "1.1", cause: "16" },
    },
  )
  assert.equal(read(["Event", "X"], ["Uniqueid", "<unknown>"], ["LinkedID", "1.1"]).subject, "1.1")
  assert.equal(read(["Event", "OutCampaignEntry"]).type, "ami.outcampaignentry")
  assert.equal(read(["event", "Foo-Bar.Baz_1"]).type, "ami.foo-barbaz_1")
  assert.equal(read(["Event", "AOC-D"]).type, "ami.aoc-d")
})

test("of another event only what Asterisk puts before it is left out: the rest is its own", () => {
  const own: HeaderPair[] = [
    ["UserEvent", "Report"],
    ["ActionID", "action-7"],
    ["Timestamp", "noon"],
    ["SequenceNumber", "12"],
    ["File", "a.wav"],
    ["Line", "3"],
    ["Func", "record"],
  ]
  const core: HeaderPair[] = [
    ["Event", "UserEvent"],
    ["Privilege", "user,all"],
  ]
  const timed: HeaderPair[] = [...core, ["Timestamp", "1795329005.228101"]]
  const debug: HeaderPair[] = [
    ["SequenceNumber", "1"],
    ["File", "manager.c"],
    ["Line", "9"],
    ["Func", "f"],
  ]
  for (const before of [core, timed, [...timed, ...debug], [...core, ...debug]]) {
    assert.deepEqual(read(...before, ...own).data, {
      variables: {},
      userEvent: "Report",
      actionID: "action-7",
      timestamp: "noon",
      sequenceNumber: "12",
      file: "a.wav",
      line: "3",
      func: "record",
    })
  }
  const answer = read(
    ["Event", "OriginateResponse"],
    ["Privilege", "call,all"],
    ["ActionID", "action-8"],
  )
  assert.equal(answer.data["actionID"], "action-8")
})

test("VarSet names its variable in Variable: that is not lost", () => {
  const headers: HeaderPair[] = [
    ["Event", "VarSet"],
    ["Variable", "HASH(a=b)"],
    ["Value", "1"],
  ]
  assert.deepEqual(dataOf(...headers), { variables: {}, variable: "HASH(a=b)", value: "1" })
})

test("a UserEvent's sender cannot say when Asterisk emitted it", () => {
  const forged = read(
    ["Event", "UserEvent"],
    ["Privilege", "user,all"],
    ["UserEvent", "X"],
    ["Timestamp", "1.000000"],
  )
  assert.equal(forged.observedAt, "2016-10-24T00:01:29.731000000Z")
})

test("what is no event, or has no name, is not translated", () => {
  for (const headers of [
    [],
    [["Response", "Success"]],
    [["Event", ""]],
    [["Event", "-é-"]],
  ] as HeaderPair[][]) {
    assert.equal(translate(headers, { receivedAt }), undefined)
  }
  assert.equal(
    translate(
      [
        ["Response", "x"],
        ["Event", "OutPlanCreate"],
      ],
      { receivedAt },
    ),
    undefined,
  )
})

test("property: any headers whatever become JSON, and nothing of them is lost", () => {
  const text = fc.string({ unit: "binary", maxLength: 12 })
  const name = fc.oneof(
    text,
    fc.constantFrom("Uuid", "Status", "Variable", "TmUpdate", "__proto__"),
  )
  const event = fc.constantFrom(
    "OutCampaignCreate",
    "OutDialingDelete",
    "OutDlListUpdate",
    "Hangup",
  )
  fc.assert(
    fc.property(event, fc.array(fc.tuple(name, text)), (eventName, headers) => {
      const { data } = read(["Event", eventName], ...headers)
      const again = JSON.parse(JSON.stringify(data)) as object
      assert.deepEqual(Object.keys(again).toSorted(), Object.keys(data).toSorted())
      assert.ok(Object.hasOwn(again, "variables"))
    }),
  )
})
