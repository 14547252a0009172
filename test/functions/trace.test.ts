import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { traceIdOf } from "@ringback/events/trace"
import { idOf } from "@ringback/store/delivery"
import { answer, ok } from "../harness/receiver.ts"
import type { Span } from "@ringback/telemetry/span"
import { eventMessage, pump, sendToIngest } from "../harness/system.ts"
import { campaignUpdate, startWorld, type World } from "../harness/world.ts"

const logged: { event: string; fields: Record<string, unknown> }[] = []
let world: World
before(async () => {
  const log = (event: string, fields: Record<string, unknown>) =>
    void logged.push({ event, fields })
  world = await startWorld({ log })
})
after(() => world.close())
beforeEach(() => world.begin())

const FORM = /^00-([0-9a-f]{32})-([0-9a-f]{16})-0[01]$/

const tracesAt = (path: string) =>
  world.receiver.arrived
    .filter((each) => each.path === path)
    .map(({ headers }) => {
      const [, trace, span] = FORM.exec(String(headers["traceparent"])) ?? []
      assert.ok(trace && span, String(headers["traceparent"]))
      return { trace, span }
    })

test("every attempt and every endpoint gets the trace that began with the collector's message, each with a span of its own", async () => {
  const [one, two] = [await world.addEndpoint(), await world.addEndpoint()]
  world.receiver.behave(({ path }, response) => answer(response, path === one.path ? 500 : 204))
  const message = eventMessage(world.customer, campaignUpdate())
  await sendToIngest(world.stack, world.customer, message)
  await world.pump()
  world.receiver.behave(ok)
  await world.run()
  const all = [...tracesAt(one.path), ...tracesAt(two.path)]
  assert.equal(all.length, 3)
  assert.deepEqual(new Set(all.map(({ trace }) => trace)), new Set([traceIdOf(message.id)]))
  assert.equal(new Set(all.map(({ span }) => span)).size, 3)
})

/** What is traced although it is not of the sample. */
function sampleNothing() {
  const spans: Span[] = []
  const tracing = {
    isSampled: () => false,
    add: (...added: Span[]) => void spans.push(...added),
    addLater: () => {},
    flush: async () => {},
  }
  return { spans, tracing }
}

test("a fan-out that could not be sent is in the trace, and one that was sent only in the sample's", async () => {
  await world.addEndpoint()
  const { spans, tracing } = sampleNothing()
  const deps = { ...world.deps, tracing }
  const deliveryUrl = `${world.deps.queues.deliveryUrl}-away`
  const fanOuts = () =>
    spans
      .filter(({ name }) => name === "fan-out")
      .map(({ error, attributes }) => [error, attributes["ringback.deliveries"]])
  await world.say()
  await pump(world.stack, { ...deps, queues: { ...deps.queues, deliveryUrl } }, "Ingest")
  const failed = [["not all deliveries were sent; it comes again", 1]]
  assert.deepEqual(fanOuts(), failed)
  await world.say()
  await pump(world.stack, deps, "Ingest")
  assert.deepEqual(fanOuts(), failed)
})

test("a failure of Ringback's own names its delivery, event and trace, and is in the trace", async () => {
  await world.addEndpoint()
  logged.length = 0
  await world.say()
  await pump(world.stack, world.deps, "Ingest")
  const away = { sendByKind: () => Promise.reject(new Error("a bug")) }
  const { spans, tracing } = sampleNothing()
  await pump(
    world.stack,
    { ...world.deps, outbound: { ...world.deps.outbound, ...away }, tracing },
    "Delivery",
  )
  const ingested = logged.find(({ event }) => event === "batch.ingested")!.fields
  const failed = logged.find(({ event }) => event === "message.failed")!.fields
  assert.deepEqual([failed["eventId"]], ingested["events"])
  assert.deepEqual([failed["traceId"]], ingested["traces"])
  assert.match(String(failed["deliveryId"]), /^dlv_/)
  assert.deepEqual(
    spans.map(({ name, trace, error }) => [name, trace, error]),
    [["deliver", failed["traceId"], "Error: a bug"]],
  )
})

test("two events have two traces, and what one log line names leads to the other", async () => {
  const { path, arrived } = await world.addEndpoint()
  logged.length = 0
  await world.say()
  await world.say()
  await world.pump()
  const traces = tracesAt(path).map(({ trace }) => trace)
  assert.equal(new Set(traces).size, 2)
  const of = (name: string) => logged.filter(({ event }) => event === name)
  const ingested = of("batch.ingested").flatMap(({ fields }) => fields["events"] ?? [])
  assert.deepEqual(new Set(ingested), new Set(arrived().map(({ id }) => id)))
  const said = of("batch.ingested").flatMap(({ fields }) => fields["traces"] ?? [])
  assert.deepEqual(new Set(said), new Set(traces))
  // A line about deliveries leads to their events, and the events to their traces.
  const delivered = of("batch.delivered").flatMap(({ fields }) => fields["events"] ?? [])
  assert.deepEqual(new Set(delivered), new Set(ingested))
})

test("the deliveries of a batch to one endpoint share a line, those that failed have one each", async () => {
  const [good, bad] = [await world.addEndpoint(), await world.addEndpoint()]
  world.receiver.behave(({ path }, response) => answer(response, path === bad.path ? 500 : 204))
  logged.length = 0
  await world.say()
  await world.say()
  await world.pump()
  const of = (name: string) =>
    logged.flatMap(({ event, fields }) => (event === name ? [fields] : []))
  const [line, ...others] = of("batch.delivered")
  assert.deepEqual(others, [])
  assert.deepEqual([line!["endpointId"], line!["delivered"]], [good.id, 2])
  assert.deepEqual(line!["statusCodes"], [204, 204])
  const stored = await world.deliveries({ endpointId: good.id })
  assert.deepEqual(new Set(line!["deliveries"] as string[]), new Set(stored.map(idOf)))
  assert.deepEqual(
    new Set(line!["events"] as string[]),
    new Set(stored.map(({ eventId }) => eventId)),
  )
  assert.deepEqual(
    of("delivery.attempted").map(({ endpointId, status }) => [endpointId, status]),
    [
      [bad.id, "pending"],
      [bad.id, "pending"],
    ],
  )
})

test("the line of a failed attempt names its trace", async () => {
  const { id, path } = await world.addEndpoint()
  world.receiver.behave((_, response) => answer(response, 500))
  logged.length = 0
  await world.say()
  await world.pump()
  const attempted = logged.filter(
    ({ event, fields }) => event === "delivery.attempted" && fields["endpointId"] === id,
  )
  assert.deepEqual(
    attempted.map(({ fields }) => fields["traceId"]),
    [tracesAt(path)[0]!.trace],
  )
})
