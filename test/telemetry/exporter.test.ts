import assert from "node:assert/strict"
import { describe, test, type TestContext } from "node:test"
import { Exporter } from "@ringback/telemetry/exporter"
import { readTelemetry } from "@ringback/telemetry/settings"
import { startOtlp } from "../harness/otlp.ts"
import { until } from "../harness/until.ts"

async function start(t: TestContext) {
  const otlp = await startOtlp()
  t.after(() => otlp.close())
  const dropped: [number, string][] = []
  const exporter = new Exporter<number>({
    url: `${otlp.url}/v1/traces`,
    headers: { authorization: "Bearer key" },
    timeoutMs: 60_000,
    format: (items) => JSON.stringify(items),
    onDropped: (count, reason) => dropped.push([count, reason]),
  })
  const sent = () => otlp.requests.flatMap(({ body }) => JSON.parse(body) as number[])
  return { otlp, exporter, dropped, sent }
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

describe("an exporter", () => {
  test("sends all in order, 512 in a request at most, with its headers", async (t) => {
    const { otlp, exporter, dropped, sent } = await start(t)
    for (const each of numbers(1_300)) exporter.add(each)
    await exporter.flush(60_000)
    assert.deepEqual(sent(), numbers(1_300))
    assert.ok(otlp.requests.every(({ body }) => (JSON.parse(body) as number[]).length <= 512))
    assert.equal(otlp.requests[0]?.headers["authorization"], "Bearer key")
    assert.deepEqual(dropped, [])
  })

  test("sends by itself what nobody flushes", async (t) => {
    const { exporter, sent } = await start(t)
    exporter.add(1)
    await until(() => sent().length > 0)
  })

  test("holds 2,048 and drops what comes on top, with its count", async (t) => {
    const { otlp, exporter, dropped } = await start(t)
    otlp.behave(() => {})
    for (const each of numbers(3_000)) exporter.add(each)
    assert.equal(dropped.length, 3_000 - 2_048)
    assert.deepEqual(dropped[0], [1, "too many wait to be sent"])
  })

  test("tries again what may pass, and loses nothing by it", async (t) => {
    const { otlp, exporter, dropped, sent } = await start(t)
    otlp.behave((_, response) => response.writeHead(otlp.requests.length > 1 ? 200 : 503).end())
    exporter.add(1)
    await exporter.flush(60_000)
    exporter.add(2)
    await until(() => sent().includes(2))
    assert.deepEqual(sent(), [1, 1, 2])
    assert.deepEqual(dropped, [])
  })

  test("drops what is refused for good, and what a 200 says was refused", async (t) => {
    const { otlp, exporter, dropped } = await start(t)
    otlp.behave((_, response) => response.writeHead(400).end())
    exporter.add(1)
    await exporter.flush(60_000)
    otlp.behave((_, response) =>
      response.end('{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too long"}}'),
    )
    exporter.add(2)
    exporter.add(3)
    await exporter.flush(60_000)
    assert.deepEqual(dropped, [
      [1, "answered 400"],
      [1, "too long"],
    ])
  })

  test("is waited for in vain once: while there is no answer a flush ends at once", async (t) => {
    const { otlp, exporter } = await start(t)
    otlp.behave(() => {})
    exporter.add(1)
    await exporter.flush(1)
    // An hour: if it waited, this test would.
    await exporter.flush(3_600_000)
  })

  test("nobody listens: a flush ends, nothing throws", async () => {
    const exporter = new Exporter<number>({
      url: "http://127.0.0.1:1/v1/traces",
      headers: {},
      timeoutMs: 60_000,
      format: (items) => JSON.stringify(items),
      onDropped: () => {},
    })
    exporter.add(1)
    await exporter.flush(60_000)
    await exporter.flush(3_600_000)
  })
})

describe("its settings", () => {
  const base = { OTEL_EXPORTER_OTLP_ENDPOINT: "https://otlp.example.com/otlp/" }
  const settings = (environment: Record<string, string>) => {
    const read = readTelemetry(environment)
    assert.ok(read.ok)
    return read.settings
  }

  test("without an endpoint there are none, nor where all of it is disabled", () => {
    assert.equal(settings({}), undefined)
    assert.equal(settings({ OTEL_EXPORTER_OTLP_ENDPOINT: "  " }), undefined)
    assert.equal(settings({ ...base, OTEL_SDK_DISABLED: "true" }), undefined)
  })

  test("are OpenTelemetry's own variables, as its SDKs read them", () => {
    assert.deepEqual(settings(base), {
      tracesUrl: "https://otlp.example.com/otlp/v1/traces",
      metricsUrl: "https://otlp.example.com/otlp/v1/metrics",
      headers: {},
      serviceName: undefined,
      attributes: {},
      share: 0.01,
      timeoutMs: 10_000,
    })
    const all = settings({
      ...base,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://traces.example.com/in",
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Basic%20YTpi, x-scope = one",
      OTEL_SERVICE_NAME: "calls",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=production",
      OTEL_TRACES_SAMPLER_ARG: "0.5",
      OTEL_EXPORTER_OTLP_TIMEOUT: "2000",
    })
    assert.deepEqual(all, {
      tracesUrl: "https://traces.example.com/in",
      metricsUrl: "https://otlp.example.com/otlp/v1/metrics",
      headers: { authorization: "Basic YTpi", "x-scope": "one" },
      serviceName: "calls",
      attributes: { "deployment.environment.name": "production" },
      share: 0.5,
      timeoutMs: 2_000,
    })
  })

  for (const [setting, value] of [
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "authorization"],
    ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"],
    ["OTEL_TRACES_SAMPLER_ARG", "1%"],
    ["OTEL_EXPORTER_OTLP_TIMEOUT", "soon"],
  ] as const) {
    test(`${setting}=${value} is refused by its name`, () => {
      const read = readTelemetry({ ...base, [setting]: value })
      assert.equal(read.ok, false)
      assert.equal(read.setting, setting)
    })
  }
})
