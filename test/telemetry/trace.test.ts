import assert from "node:assert/strict"
import { after, before, describe, test, type TestContext } from "node:test"
import { traceIdOf } from "@ringback/events/trace"
import type { Logger } from "@ringback/functions/runtime/log"
import { openTelemetry } from "@ringback/functions/runtime/telemetry"
import { makeTracing, originOf } from "@ringback/telemetry/tracing"
import { startEdge } from "../harness/flow.ts"
import { attributeOf, startOtlp, textOf, type SeenSpan } from "../harness/otlp.ts"
import { answer, startReceiver } from "../harness/receiver.ts"
import { startStack, type Stack } from "../harness/stack.ts"
import {
  eventMessage,
  makeCustomer,
  makeDeps,
  makeEndpoint,
  pump,
  sendToIngest,
} from "../harness/system.ts"
import { until } from "../harness/until.ts"
import { campaignUpdate } from "../harness/world.ts"
import { named, assertChain, assertEncoding } from "./traced.ts"

let stack: Stack
before(async () => void (stack = await startStack()))
after(() => stack.close())

async function setUp(t: TestContext, environment: Record<string, string> = {}) {
  const otlp = await startOtlp()
  t.after(() => otlp.close())
  const logged: [string, Record<string, unknown>][] = []
  const log = (event: string, fields: Record<string, unknown>) => void logged.push([event, fields])
  const settings = otlp.settings(environment)
  const tracingOf = (name: string) =>
    makeTracing(settings, originOf(settings, { name, version: "0.1.0" }), log)
  const tracing = tracingOf("ringback")
  const deps = makeDeps(stack, { log, tracing })
  const receiver = await startReceiver()
  t.after(() => receiver.close())
  const customer = await makeCustomer(deps)
  const url = `${receiver.url}hooks/very-secret?token=s3cret`
  const { endpoint } = await makeEndpoint(deps, customer.tenant, url)
  return { otlp, logged, tracing, tracingOf, deps, receiver, customer, endpoint }
}

const silent: Logger = { log: () => {}, write: () => {}, flush: () => {} }
const SAMPLE_ALL = { OTEL_TRACES_SAMPLER_ARG: "1" }
const SAMPLE_NONE = { OTEL_TRACES_SAMPLER_ARG: "0" }

const amiOf = (headers: [string, string][]) =>
  Buffer.from(`${headers.map(([name, value]) => `${name}: ${value}`).join("\r\n")}\r\n\r\n`)

const SHOWN = ["messaging.destination.name", "http.response.status_code", "server.address"]

describe("the trace of an event", () => {
  test("one, from the AMI frame to the receiver: collector, SQS, ingest, fan-out, deliver", async (t) => {
    const world = await setUp(t, SAMPLE_ALL)
    const { otlp, receiver, customer, deps, tracing } = world
    const edge = await startEdge(stack, customer, {
      tracing: world.tracingOf("ringback-collector"),
    })
    t.after(() => edge.close())
    edge.pbx.say(amiOf(campaignUpdate()))
    await until(async () => {
      await pump(stack, deps, "Ingest")
      await pump(stack, deps, "Delivery")
      return receiver.arrived.length > 0
    })
    await tracing.flush(60_000)
    await until(() => otlp.spans().some(({ name }) => name === "spool"))
    const { traceId } = named(otlp.spans(), "deliver")
    const spans = otlp.spans().filter((span) => span.traceId === traceId)
    const [read, spool, ingest, fanOut, deliver] = [
      "collector.read",
      "spool",
      "ingest",
      "fan-out",
      "deliver",
    ].map((name) => named(spans, name)) as [SeenSpan, SeenSpan, SeenSpan, SeenSpan, SeenSpan]
    assert.equal(spans.length, 5)
    assertChain([read, spool, ingest, fanOut, deliver])
    assertEncoding(otlp)

    const { headers } = receiver.arrived[0]!
    assert.equal(headers["traceparent"], `00-${traceId}-${deliver.spanId}-01`)
    assert.deepEqual([read.service, deliver.service], ["ringback-collector", "ringback"])
    assert.deepEqual(
      [read, spool, ingest, fanOut, deliver].map(({ kind }) => kind),
      [1, 4, 5, 4, 3],
    )
    assert.equal(attributeOf(read, "ringback.ami.event"), "OutCampaignUpdate")
    for (const span of [spool, ingest]) {
      assert.equal(attributeOf(span, "messaging.system"), "aws_sqs")
      const name = new URL(stack.queues.Ingest.url).pathname.split("/").at(-1)
      assert.equal(attributeOf(span, "messaging.destination.name"), name)
    }
    assert.equal(attributeOf(deliver, "ringback.event.type"), "campaign.updated")
    assert.equal(attributeOf(deliver, "http.request.method"), "POST")
    assert.equal(attributeOf(deliver, "http.response.status_code"), 204)
    assert.equal(attributeOf(deliver, "server.address"), "127.0.0.1")
    assert.equal(attributeOf(deliver, "server.port"), Number(new URL(receiver.url).port))
    assert.equal(attributeOf(deliver, "error.type"), undefined)
    t.diagnostic(textOf(spans, SHOWN))
  })

  test("of a failure is whole although it was not sampled, and shows how it ended", async (t) => {
    const { otlp, receiver, customer, deps, tracing } = await setUp(t, SAMPLE_NONE)
    receiver.behave((_, response) => answer(response, receiver.arrived.length > 1 ? 204 : 503))
    const message = eventMessage(customer, campaignUpdate())
    await sendToIngest(stack, customer, message)
    await pump(stack, deps, "Ingest")
    await pump(stack, deps, "Delivery")
    await tracing.flush(60_000)
    const spans = otlp.spans()
    const chain = ["collector.read", "ingest", "fan-out", "deliver"].map((name) =>
      named(spans, name),
    )
    assertChain(chain)
    assertEncoding(otlp)
    assert.deepEqual(new Set(spans.map(({ traceId }) => traceId)), new Set([traceIdOf(message.id)]))
    const deliver = named(spans, "deliver")
    assert.deepEqual(deliver.status, { code: 2, message: "the delivery is pending" })
    assert.equal(attributeOf(deliver, "http.response.status_code"), 503)
    assert.equal(attributeOf(deliver, "error.type"), "503")
    for (const each of chain.slice(0, 3)) {
      assert.equal(attributeOf(each, "ringback.made_afterwards"), true)
      assert.deepEqual(each.status, {})
    }
    assert.match(receiver.arrived[0]!.headers["traceparent"]!, /-00$/)

    await until(async () => (await pump(stack, deps, "Retry")) > 0, { what: "the retry" })
    await tracing.flush(60_000)
    const [, second] = otlp.spans().filter(({ name }) => name === "deliver")
    assert.equal(attributeOf(second!, "http.response.status_code"), 204)
    assert.equal(attributeOf(second!, "http.request.resend_count"), 1)
    assert.deepEqual(second!.status, {})
    assert.equal(second!.parentSpanId, deliver.parentSpanId)
    assert.match(receiver.arrived[1]!.headers["traceparent"]!, new RegExp(`${second!.spanId}-01$`))
  })

  test("of an attempt without an answer says why", async (t) => {
    const { otlp, receiver, customer, deps, tracing } = await setUp(t, SAMPLE_NONE)
    receiver.behave((_, response) => void response.socket!.destroy())
    await sendToIngest(stack, customer, eventMessage(customer, campaignUpdate()))
    await pump(stack, deps, "Ingest")
    await pump(stack, deps, "Delivery")
    await tracing.flush(60_000)
    const deliver = named(otlp.spans(), "deliver")
    const { code, message = "" } = deliver.status
    assert.equal(code, 2)
    assert.match(message, /closed/)
    assert.equal(attributeOf(deliver, "error.type"), "no_answer")
    assert.equal(attributeOf(deliver, "url.scheme"), "http")
  })

  test("of an event that went well and was not sampled is not kept", async (t) => {
    const { otlp, receiver, customer, deps, tracing } = await setUp(t, SAMPLE_NONE)
    const edge = await startEdge(stack, customer, { tracing })
    t.after(() => edge.close())
    edge.pbx.say(amiOf(campaignUpdate()))
    await until(async () => {
      await pump(stack, deps, "Ingest")
      await pump(stack, deps, "Delivery")
      return receiver.arrived.length > 0
    })
    await tracing.flush(60_000)
    assert.deepEqual(otlp.requests, [])
    assert.match(receiver.arrived[0]!.headers["traceparent"]!, /-00$/)
  })

  test("has a span for an ingest that failed", async (t) => {
    const { otlp, customer, deps, tracing } = await setUp(t, SAMPLE_NONE)
    const message = eventMessage(customer, campaignUpdate())
    await sendToIngest(stack, customer, message)
    const table = { ...deps.table, name: "there-is-no-such-table" }
    await pump(stack, { ...deps, table }, "Ingest")
    await tracing.flush(60_000)
    const ingest = named(otlp.spans(), "ingest")
    assert.equal(ingest.traceId, traceIdOf(message.id))
    assert.equal(ingest.status.code, 2)
    assert.match(ingest.status.message!, /ResourceNotFound/)
  })
})

describe("with the OTLP endpoint away", () => {
  test("an event arrives and both batches end while it takes requests and answers none", async (t) => {
    const world = await setUp(t, SAMPLE_ALL)
    const { otlp, receiver, customer, deps } = world
    // Never answered: what waited for it would wait for ever.
    otlp.behave(() => {})
    const edge = await startEdge(stack, customer, { tracing: world.tracingOf("edge") })
    edge.pbx.say(amiOf(campaignUpdate()))
    await until(async () => {
      await pump(stack, deps, "Ingest")
      await pump(stack, deps, "Delivery")
      return receiver.arrived.length > 0
    })
    await edge.close()
    await until(() => otlp.requests.length > 0)
  })

  test("Lambda's invocation waits for what it has to say, half a second at most", async (t) => {
    const { otlp } = await setUp(t)
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
      AWS_LAMBDA_FUNCTION_NAME: "Ingest",
      ...SAMPLE_ALL,
    }
    const { tracing, invocation } = openTelemetry(environment, silent)
    const span = { trace: "1".repeat(32), id: "2".repeat(16), name: "work", from: 1, to: 2 }
    const work = async () => tracing!.add({ ...span, kind: "internal", attributes: {} })
    await invocation(work)
    assert.equal(otlp.spans().length, 1)
    otlp.behave(() => {})
    await invocation(work)
    assert.equal(otlp.requests.length, 2)
  })
})

test("of one trace in a hundred all spans are kept, unless a setting says otherwise", () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" }
  const traces = Array.from({ length: 20_000 }, (_, index) => traceIdOf(String(index)))
  const kept = (environment: Record<string, string>) => {
    const { tracing } = openTelemetry({ ...endpoint, ...environment }, silent)
    return traces.filter((trace) => tracing!.isSampled(trace)).length
  }
  const standard = kept({})
  assert.ok(standard > 120 && standard < 280, `${standard} of 20,000`)
  assert.equal(kept(SAMPLE_ALL), 20_000)
  assert.equal(kept(SAMPLE_NONE), 0)
})

test("where no endpoint is named, nothing is traced; nor where a setting is wrong, which is logged", () => {
  assert.equal(openTelemetry({}, silent).tracing, undefined)
  const logged: unknown[] = []
  const wrong = { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" }
  assert.equal(
    openTelemetry(wrong, { ...silent, log: (...line) => void logged.push(line) }).tracing,
    undefined,
  )
  assert.equal(logged.length, 1)
})
