import { subscribesTo, patternProblem, wants } from "@ringback/webhooks/subscription"
import assert from "node:assert/strict"
import { test } from "node:test"

const all = { eventTypes: null, sources: null, filter: null }
const webhook = JSON.parse(
  `{"type":"campaign.updated","data":{"status":0,"detail":null,"name":"test","tags":["a","b"],
    "variables":{"__proto__":"x","tier":"gold"}}}`,
) as object
const event = { type: "campaign.updated", source: "src_1", webhook }

test("null, * and patterns choose by type", () => {
  const cases: [string[] | null, string, boolean][] = [
    [null, "campaign.updated", true],
    [["*"], "campaign.updated", true],
    [["campaign.*"], "campaign.updated", true],
    [["campaign.*"], "campaigns.updated", false],
    [["campaign.*"], "campaign", false],
    [["campaign.updated"], "campaign.updated", true],
    [["campaign.updated"], "campaign.updated.twice", false],
    [["plan.*", "campaign.created"], "campaign.updated", false],
    [["plan.*", "campaign.updated"], "campaign.updated", true],
    [["ami.*"], "ami.hangup", true],
    [[], "campaign.updated", false],
  ]
  for (const [eventTypes, type, isWanted] of cases)
    assert.equal(wants({ ...all, eventTypes }, { ...event, type }), isWanted, String(eventTypes))
})

test("call events go to those who ask for them by name alone", () => {
  const cases: [string[] | null, boolean][] = [
    [null, false],
    [["*"], true],
    [["call.*"], true],
    [["call.started"], true],
    [["dialing.*"], false],
  ]
  for (const [eventTypes, isWanted] of cases)
    assert.equal(wants({ ...all, eventTypes }, { ...event, type: "call.started" }), isWanted)
  assert.ok(
    subscribesTo(
      { eventTypes: null, sources: ["src_1"] },
      { type: "plan.created", source: "src_1" },
    ),
  )
  assert.ok(
    !subscribesTo(
      { eventTypes: null, sources: ["src_2"] },
      { type: "plan.created", source: "src_1" },
    ),
  )
})

test("sources choose by source", () => {
  assert.ok(wants({ ...all, sources: ["src_1"] }, event))
  assert.ok(!wants({ ...all, sources: ["src_2"] }, event))
  assert.ok(!wants({ ...all, sources: [] }, event))
})

test("operational events, which have no source, are chosen by type alone", () => {
  const operational = { type: "endpoint.disabled", source: null, webhook: { data: {} } }
  const narrow = { sources: ["src_2"], filter: { "data.status": [1] } }
  assert.ok(wants({ eventTypes: ["*"], ...narrow }, operational))
  assert.ok(!wants({ eventTypes: ["campaign.*"], ...narrow }, operational))
})

test("every path of a filter must hold one of its values", () => {
  const cases: [Record<string, unknown[]>, boolean][] = [
    [{ "data.status": [0, 1] }, true],
    [{ "data.status": [1] }, false],
    [{ "data.status": ["0"] }, false],
    [{ "data.status": [false] }, false],
    [{ "data.detail": [null] }, true],
    [{ "data.absent": [null] }, false],
    [{ "data.status": [0], "data.name": ["test"] }, true],
    [{ "data.status": [0], "data.name": ["other"] }, false],
    [{ "data.variables.tier": ["gold"] }, true],
    [{ "data.variables.__proto__": ["x"] }, true],
    [{ "data.tags": ["b"] }, true],
    [{ "data.tags": ["c"] }, false],
    [{ "data.name.length": [4] }, false],
    [{ "data.constructor.name": ["Object"] }, false],
    [{ "data.__proto__.status": [0] }, false],
    [{ "data.tags.__proto__.length": [0] }, false],
    [{ type: ["campaign.updated"] }, true],
    [{}, true],
  ]
  for (const [filter, isWanted] of cases)
    assert.equal(wants({ ...all, filter }, event), isWanted, JSON.stringify(filter))
})

test("an entry of eventTypes must name a known type, a family of them, or an AMI event", () => {
  const known = ["campaign.created", "campaign.updated", "endpoint.disabled"]
  for (const pattern of [
    "*",
    "campaign.*",
    "campaign.created",
    "endpoint.*",
    "ami.*",
    "ami.hangup",
  ])
    assert.equal(patternProblem(pattern, known), undefined, pattern)
  for (const pattern of ["", "campaign", "campaign.", "camp.*", "campaign.deleted", "plan.*", ".*"])
    assert.ok(patternProblem(pattern, known), pattern)
  assert.match(patternProblem("plan.*", known)!, /^A pattern is \*/)
  assert.match(patternProblem("campaign.deleted", known)!, /^There is no such event type/)
  for (const pattern of ["*.created", "campaign.**", "ami.", "ami.hang up", "Campaign.*", "**"])
    assert.ok(patternProblem(pattern, known), pattern)
})

test("a connector wants calls that are over, those that were answered where it shows them live, and nothing else", () => {
  const types = ["call.started", "call.answered", "call.completed", "campaign.updated"]
  const wanted = (endpoint: object) =>
    types.filter((type) =>
      wants({ ...all, ...endpoint }, { type, source: "src_1", webhook: { type } }),
    )
  assert.deepEqual(wanted({ connector: { kind: "hubspot" } }), ["call.completed"])
  const live = { connector: { kind: "hubspot", live: true } }
  assert.deepEqual(wanted(live), ["call.answered", "call.completed"])
  assert.deepEqual(wanted({ ...live, eventTypes: ["call.answered"] }), ["call.answered"])
  assert.deepEqual(wanted({ ...live, eventTypes: ["campaign.*", "*"] }), types.slice(1, 3))
})

test("a list in an event is read once for all endpoints, however often its header was sent", () => {
  let reads = 0
  const tags = new Proxy(
    Array.from({ length: 1_000 }, () => "x"),
    {
      get(list, key) {
        reads++
        return Reflect.get(list, key) as unknown
      },
    },
  )
  const allowed = Array.from({ length: 100 }, (_, index) => `y${index}`)
  const asked = { ...event, webhook: { data: { tags } } }
  for (let endpoint = 0; endpoint < 200; endpoint++)
    assert.equal(wants({ ...all, filter: { "data.tags": allowed } }, asked), false)
  assert.ok(wants({ ...all, filter: { "data.tags": [...allowed, "x"] } }, asked))
  assert.ok(reads < 5_000, `${reads} reads`)
})
