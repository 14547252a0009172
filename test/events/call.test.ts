import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import {
  callFactsOf,
  callTypeOf,
  callMoments,
  endOutcomeOf,
  hasResult,
  isAnswer,
  isEnd,
  mergeFacts,
  type CallFacts,
  noReferences,
} from "@ringback/events/call"
import { callDataOf, type CallSummary } from "@ringback/events/call-data"
import { actions } from "@ringback/events/ami-event-kinds"

const NOTHING: CallFacts = {
  number: null,
  attempt: null,
  campaign: null,
  plan: null,
  list: null,
  contact: null,
  startedAt: null,
  changedAt: null,
  status: null,
  resDial: null,
  resHangup: null,
  hangupCauseName: null,
  channel: null,
  agent: null,
  queue: null,
  variables: {},
}
const facts = (said: Partial<CallFacts> = {}): CallFacts => ({ ...NOTHING, ...said })

// A name of `data` for each fact, with a value of its form.
const SAID = {
  number: ["dialAddr", "+4520123456"],
  attempt: ["dialTryCnt", 2],
  campaign: ["campUuid", "c"],
  plan: ["planUuid", "p"],
  list: ["dlmaUuid", "l"],
  contact: ["dlListUuid", "r"],
  startedAt: ["tmCreate", "2026-11-22T06:27:02.000000000Z"],
  changedAt: ["tmUpdate", "2026-11-22T06:27:03.000000000Z"],
  status: ["status", 5],
  resDial: ["resDial", 4],
  resHangup: ["resHangup", 16],
  hangupCauseName: ["resHangupName", "normal clearing"],
  channel: ["channelName", "SIP/1"],
  agent: ["currentAgent", "a"],
  queue: ["currentQueue", "q"],
  variables: ["variables", { team: "renewals" }],
} as const satisfies Record<keyof CallFacts, readonly [string, unknown]>

test("a dialing's facts are read each from its own field; what has not its form is not known", () => {
  const data = Object.fromEntries(Object.values(SAID))
  const all = Object.fromEntries(Object.entries(SAID).map(([fact, [, value]]) => [fact, value]))
  assert.deepEqual(callFactsOf({ data }), all)
  assert.deepEqual(callFactsOf({ data: {} }), NOTHING)
  for (const [fact, [name, value]] of Object.entries(SAID)) {
    if (fact === "variables") continue
    assert.deepEqual(callFactsOf({ data: { [name]: value } }), facts({ [fact]: value }))
    const odd = typeof value === "number" ? "5x" : 5
    assert.deepEqual(callFactsOf({ data: { [name]: odd } }), NOTHING, name)
    assert.deepEqual(callFactsOf({ data: { [name]: null } }), NOTHING, name)
  }
  // A stamp that no time could be read from stays text in `data`.
  assert.deepEqual(callFactsOf({ data: { tmCreate: "soon", tmUpdate: "later" } }), NOTHING)
})

test("the facts keep no hold of the data's variables", () => {
  const data = { variables: { team: "renewals" } }
  const { variables } = callFactsOf({ data })
  variables["team"] = "other"
  assert.deepEqual(data, { variables: { team: "renewals" } })
})

const anyFacts: fc.Arbitrary<CallFacts> = fc.record({
  ...Object.fromEntries(
    Object.keys(NOTHING).map((name) => [name, fc.option(fc.constantFrom("a", "b"))]),
  ),
  variables: fc.dictionary(fc.constantFrom("x", "y"), fc.constantFrom("1", "2")),
}) as never

test("property: of two events the newer one's word counts, and the older one's where it says nothing", () => {
  fc.assert(
    fc.property(anyFacts, anyFacts, (newer, older) => {
      const merged = mergeFacts(newer, older)
      for (const name of Object.keys(NOTHING) as (keyof CallFacts)[]) {
        const isSaid =
          name === "variables" ? Object.keys(newer.variables).length > 0 : newer[name] !== null
        assert.deepEqual(merged[name], isSaid ? newer[name] : older[name], name)
      }
      assert.deepEqual(mergeFacts(merged, older), merged)
    }),
  )
})

test("types and moments of calls", () => {
  assert.deepEqual(callMoments.map(callTypeOf), ["call.started", "call.answered", "call.completed"])
  assert.deepEqual(noReferences, { campaign: null, plan: null, list: null, contact: null })
})

test("answered, over and decided: each by its own field", () => {
  for (const resDial of [null, 0, 1, 3, 5]) assert.equal(isAnswer(facts({ resDial })), false)
  assert.equal(isAnswer(facts({ resDial: 4 })), true)
  assert.equal(hasResult(facts()), false)
  assert.equal(hasResult(facts({ resDial: 0 })), true)
  assert.equal(hasResult(facts({ resHangup: 0 })), true)
  for (const action of actions) {
    assert.equal(isEnd(facts(), action), action === "deleted")
    assert.equal(isEnd(facts({ status: 5, resHangup: 0 }), action), action === "deleted")
    assert.equal(isEnd(facts({ resHangup: 16 }), action), true)
    assert.equal(isEnd(facts({ status: 6 }), action), true)
    assert.equal(isEnd(facts({ status: 10 }), action), true)
  }
})

test("how a call ended, by what its end says, else by what was heard before", () => {
  const busy = facts({ status: 6, resDial: 0, resHangup: 17 })
  const answered = facts({ resDial: 4 })
  const ringing = facts({ status: 1, resDial: 0, resHangup: 0 })
  const outcome = (end: CallFacts, before?: CallFacts, isSynthetic = false) =>
    endOutcomeOf({ facts: end, action: "deleted", isSynthetic, before })
  assert.equal(outcome(busy), "busy")
  assert.equal(outcome(busy, answered), "busy", "the end's own word counts")
  assert.equal(outcome(facts(), answered), "answered")
  assert.equal(outcome(facts(), busy), "busy", "a delete that bears the Uuid alone")
  assert.equal(outcome(facts(), ringing), null, "nothing heard before was an end")
  assert.equal(outcome(facts()), null)
  // An inferred end is what the last list said, not how the call ended.
  assert.equal(outcome(busy, undefined, true), null)
  assert.equal(outcome(busy, busy, true), null)
  assert.equal(outcome(ringing, answered, true), "answered")
  assert.equal(outcome(answered, ringing, true), "answered")
})

const STARTED = "2026-11-22T06:27:02.104118165Z"
const ANSWERED = "2026-11-22T06:27:10.861201734Z"
const ENDED = "2026-11-22T06:27:40.281000000Z"
const told = (some: Partial<CallSummary> = {}): CallSummary => ({
  uuid: "u",
  facts: facts({ startedAt: STARTED }),
  references: noReferences,
  outcome: null,
  answeredAt: null,
  endedAt: null,
  ...some,
})
const seconds = (some: Partial<CallSummary>) => {
  const { ringSeconds, talkSeconds } = callDataOf(told(some))
  return [ringSeconds, talkSeconds]
}

test("it rings to the answer, else to the end; it is talked from the answer to the end", () => {
  const answeredAt = ANSWERED
  const endedAt = ENDED
  assert.deepEqual(seconds({}), [null, null], "while it rings")
  assert.deepEqual(seconds({ answeredAt }), [8.757, null], "while it is talked")
  assert.deepEqual(seconds({ answeredAt, endedAt, outcome: "answered" }), [8.757, 29.419])
  for (const outcome of ["busy", "no_answer", "failed"] as const)
    assert.deepEqual(seconds({ endedAt, outcome }), [38.176, 0], outcome)
  assert.deepEqual(seconds({ endedAt, outcome: "answered" }), [null, null], "unheard answer")
  assert.deepEqual(seconds({ endedAt }), [null, null], "unheard end")
  assert.deepEqual(seconds({ facts: facts(), endedAt, outcome: "busy" }), [null, 0])
})

test("times in the wrong order make no length, and equal ones make none of its own", () => {
  const clock = { answeredAt: STARTED, endedAt: STARTED, outcome: "answered" as const }
  assert.deepEqual(seconds(clock), [0, 0])
  assert.deepEqual(seconds({ ...clock, answeredAt: "2026-11-22T06:27:02.104118164Z" }), [null, 0])
  assert.deepEqual(seconds({ ...clock, endedAt: "2026-11-22T06:27:02.104118164Z" }), [0, null])
})

test("a call's data has names where they are known, and no cause where there is none", () => {
  const said = facts({
    campaign: "c",
    plan: "p",
    list: "l",
    resHangup: 16,
    hangupCauseName: "normal clearing",
  })
  const references = {
    campaign: { uuid: "c", name: "spring" },
    plan: { uuid: "p", name: null },
    list: null,
    contact: { uuid: "r", name: "Ada", key: "10042", detail: null, email: null },
  }
  const data = callDataOf(told({ facts: said, references }))
  assert.deepEqual(data["campaign"], { uuid: "c", name: "spring" })
  assert.deepEqual(data["plan"], { uuid: "p", name: null })
  assert.deepEqual(data["list"], { uuid: "l", name: null })
  assert.deepEqual(data["contact"], references.contact)
  assert.deepEqual([data["hangupCause"], data["hangupCauseName"]], [16, "normal clearing"])
  const none = callDataOf(told({ facts: { ...said, resHangup: 0, hangupCauseName: "none yet" } }))
  assert.deepEqual([none["hangupCause"], none["hangupCauseName"]], [null, null])
  const unsaid = callDataOf(told())
  assert.deepEqual([unsaid["hangupCause"], unsaid["hangupCauseName"]], [null, null])
})
