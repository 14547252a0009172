import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Webhook as Verifier } from "standardwebhooks"
import {
  captureBytes,
  captureEvents,
  documentedEvents,
  moduleEvents,
  type Pair,
} from "./events/capture.ts"
import { naiveData, naiveTimestamp, naiveType } from "./events/naive.ts"
import { startEdge, startFlow, type Flow } from "./harness/flow.ts"
import { startReceiver, type TestReceiver, type Webhook } from "./harness/receiver.ts"
import { isQuiet, makeCustomer, makeEndpoint } from "./harness/system.ts"
import { until } from "./harness/until.ts"

// AMI bytes in, verified webhooks out: a PBX that plays recordings of a real one, a collector, SQS, the functions,
// DynamoDB and a receiver, all of them real. What must arrive is read from the recordings by hand, not by the product.

let flow: Flow
before(async () => void (flow = await startFlow()))
after(() => flow.close())

/** What a recording's session said as events: no banner, no answers to somebody else's actions. */
function eventBytes(capture: string): Buffer {
  const text = captureBytes(capture)
    .toString("latin1")
    .replace(/^Asterisk Call Manager.*\r\n/, "")
  const messages = text.split(/(?<=\r\n\r\n)(?=[A-Z])/)
  return Buffer.from(messages.filter((each) => each.startsWith("Event:")).join(""), "latin1")
}

/** Plays a recording to each of some collectors of one source, until a receiver has so many events. */
async function play(captures: string[], isComplete: (arrived: Webhook[]) => boolean) {
  const customer = await makeCustomer(flow.deps)
  const receiver = await startReceiver()
  const { secret } = await makeEndpoint(flow.deps, customer.tenant, receiver.url)
  const edges = await Promise.all(captures.map(() => startEdge(flow.stack, customer)))
  captures.forEach((capture, index) => edges[index]!.pbx.say(eventBytes(capture)))
  try {
    await until(() => isComplete(webhooksOf(receiver)), { what: `all of ${captures.join(", ")}` })
    // Whatever is still on its way would be one too many: let the collectors and the queues run dry.
    await Promise.all(edges.map((edge) => edge.close()))
    await until(() => isQuiet(flow.stack))
  } finally {
    await receiver.close()
  }
  for (const { body, headers } of receiver.arrived) new Verifier(secret).verify(body, headers)
  return { webhooks: webhooksOf(receiver), customer }
}

const webhooksOf = ({ arrived }: TestReceiver) => arrived.map(({ webhook }) => webhook)

const facts = (event: Pair[]) =>
  JSON.stringify([naiveType(event), naiveTimestamp(event), naiveData(event)])
const isDocumented = ({ type }: Webhook) => !/^(dllist|queue|source)\./.test(type)
const told = ({ type, timestamp, observedAt, data }: Webhook) =>
  JSON.stringify([type, timestamp === observedAt ? undefined : timestamp, data])

const sorted = (texts: string[]) =>
  texts.map((text) => JSON.stringify(ordered(JSON.parse(text)))).sort()
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (value === null || typeof value !== "object") return value
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => [name, ordered(inner)])
}

const least = (count: number) => (arrived: Webhook[]) => arrived.length >= count

/** Every documented event of the recording arrived once, with what it says; and nothing else came of it. */
async function playsTrue(capture: string, count: number) {
  const expected = documentedEvents(capture)
  assert.equal(expected.length, count)
  const { webhooks, customer } = await play([capture], least(moduleEvents(capture).length))
  assert.equal(webhooks.length, moduleEvents(capture).length)
  assert.deepEqual(sorted(webhooks.filter(isDocumented).map(told)), sorted(expected.map(facts)))
  assert.equal(new Set(webhooks.map(({ id }) => id)).size, webhooks.length)
  for (const { tenant, source } of webhooks) {
    assert.deepEqual([tenant, source], [customer.tenant, customer.source.source.id])
  }
}

describe("what a real PBX said arrives as verified webhooks", () => {
  test("a campaign that calls five customers: each event once, each field right", () =>
    playsTrue("30-dialing", 39))

  test("two collectors side by side: each documented event once, each unversioned one at least once", async () => {
    const captures = ["41-two-sessions-a", "41-two-sessions-b"]
    const [a, b] = captures.map(documentedEvents) as [Pair[][], Pair[][]]
    assert.deepEqual([a.length, moduleEvents(captures[0]!).length], [588, 844])
    assert.deepEqual(a, b)
    const unversioned = moduleEvents(captures[0]!).length - a.length
    const { webhooks } = await play(captures, (arrived) => {
      const documented = arrived.filter(isDocumented).length
      return documented >= 588 && arrived.length - documented >= 2 * unversioned
    })
    assert.deepEqual(sorted(webhooks.filter(isDocumented).map(told)), sorted(a.map(facts)))
    const rest = webhooks
      .filter((each) => !isDocumented(each))
      .map(({ type, data }) => [type, data])
    const expected = moduleEvents(captures[0]!)
      .filter((event) => !a.some((each) => each[0]![1] === event[0]![1]))
      .map((event) => [naiveType(event), naiveData(event)])
    // Without `timestampevents` nothing tells a repeat from a state that came back: both copies are delivered.
    const twice = [...expected, ...expected].map((each) => JSON.stringify(each))
    assert.deepEqual(sorted(rest.map((each) => JSON.stringify(each))), sorted(twice))
  })

  test("odd values and events of 110 KB break nothing", () =>
    playsTrue("51-odd-values", documentedEvents("51-odd-values").length))

  test("a user event that looks like one of the dialler's is not taken for it", async () => {
    const lookalikes = captureEvents("52-userevent").filter((event) => event[0]![1] === "UserEvent")
    assert.ok(lookalikes.length > 0)
    await playsTrue("52-userevent", documentedEvents("52-userevent").length)
  })

  for (const capture of ["00-documented-examples", "00-documented-examples-empty"]) {
    test(`${capture}: all fifteen events of the manual`, () => playsTrue(capture, 15))
  }
})
