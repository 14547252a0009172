import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { makeEmf } from "@ringback/telemetry/emf"
import type { MetricName, Metrics } from "@ringback/telemetry/metric"
import { openTelemetry } from "@ringback/functions/runtime/telemetry"
import { makeRelay } from "@ringback/telemetry/relay"
import { makeMetrics, MAX_DETAILS, withMetrics } from "@ringback/local/metrics"
import { startOtlp } from "../harness/otlp.ts"
import { answer } from "../harness/receiver.ts"
import { makeDir } from "../harness/directory.ts"
import { startRingback } from "../harness/ringback.ts"
import { until } from "../harness/until.ts"
import { startWorld, type World } from "../harness/world.ts"

type Recorded = [name: MetricName, labels: Record<string, string>, value: number]
const recorded: Recorded[] = []
let world: World
before(async () => {
  const metrics: Metrics = {
    record: (name, labels, value) => void recorded.push([name, labels, value]),
  }
  world = await startWorld({ metrics })
})
after(() => world.close())
beforeEach(async () => {
  await world.begin()
  recorded.length = 0
})

const of = (name: MetricName) => recorded.filter((each) => each[0] === name)
const labelsOf = (name: MetricName, label: string) => of(name).map((each) => each[1][label])

describe("what the workers count", () => {
  test("an event that a retry brought: two attempts, one delivery, and the time from the PBX on", async () => {
    const { id } = await world.addEndpoint()
    world.receiver.behave((_, response) =>
      answer(response, world.receiver.arrived.length > 1 ? 204 : 500),
    )
    await world.say()
    await world.run()
    assert.deepEqual(labelsOf("ringback_ingested_total", "outcome"), ["accepted"])
    assert.deepEqual(labelsOf("ringback_attempts_total", "result"), ["failed", "ok"])
    assert.deepEqual(labelsOf("ringback_attempts_total", "kind"), ["webhook", "webhook"])
    assert.deepEqual(labelsOf("ringback_attempts_total", "endpoint"), [id, id])
    assert.deepEqual(labelsOf("ringback_deliveries_total", "status"), ["delivered"])
    const [[, labels, seconds]] = of("ringback_edge_to_receiver_seconds") as [Recorded]
    assert.equal(labels["tenant"], world.customer.tenant)
    assert.ok(seconds >= 4, `${seconds} s, and the retry alone waits for 4`)
    assert.ok(of("ringback_due_late_seconds").length > 0)
  })

  test("what ends without a POST: held for a disabled endpoint, and held by a 410", async () => {
    await world.addEndpoint({ disabled: true })
    await world.say()
    await world.pump()
    assert.deepEqual(labelsOf("ringback_deliveries_total", "status"), ["held"])
    assert.deepEqual(of("ringback_attempts_total"), [])
    await world.begin()
    recorded.length = 0
    await world.addEndpoint()
    world.receiver.behave((_, response) => answer(response, 410))
    await world.say()
    await world.pump()
    assert.deepEqual(labelsOf("ringback_deliveries_total", "status"), ["held"])
    assert.deepEqual(labelsOf("ringback_attempts_total", "result"), ["failed"])
  })
})

describe("in CloudWatch's embedded format", () => {
  const written: string[] = []
  const emf = makeEmf({
    namespace: "Ringback/production",
    write: (line) => void written.push(line),
    now: () => 1_764_000_000_000,
  })
  beforeEach(() => (written.length = 0))
  const lines = () => written.map((line) => JSON.parse(line) as Record<string, unknown>)

  test("the sets of dimensions of a batch share a line as far as they agree, without tenants", () => {
    const attempt = { kind: "webhook", tenant: "ten_1", endpoint: "ep_1" }
    emf.record("ringback_attempts_total", { ...attempt, result: "ok" }, 1)
    emf.record("ringback_attempts_total", { ...attempt, result: "ok", tenant: "ten_2" }, 1)
    emf.record("ringback_attempts_total", { ...attempt, result: "failed" }, 1)
    emf.record("ringback_edge_to_receiver_seconds", { tenant: "ten_1" }, 0.2)
    emf.record("ringback_edge_to_receiver_seconds", { tenant: "ten_2" }, 0.4)
    emf.flush()
    assert.deepEqual(lines()[0], {
      _aws: {
        Timestamp: 1_764_000_000_000,
        CloudWatchMetrics: [
          {
            Namespace: "Ringback/production",
            Dimensions: [["kind", "result"]],
            Metrics: [{ Name: "ringback_attempts_total", Unit: "Count" }],
          },
          {
            Namespace: "Ringback/production",
            Dimensions: [[]],
            Metrics: [{ Name: "ringback_edge_to_receiver_seconds", Unit: "Seconds" }],
          },
        ],
      },
      kind: "webhook",
      result: "ok",
      ringback_attempts_total: 2,
      ringback_edge_to_receiver_seconds: [0.2, 0.4],
    })
    assert.deepEqual(
      lines().map((line) => Object.fromEntries(Object.entries(line).slice(1))),
      [
        {
          kind: "webhook",
          result: "ok",
          ringback_attempts_total: 2,
          ringback_edge_to_receiver_seconds: [0.2, 0.4],
        },
        { kind: "webhook", result: "failed", ringback_attempts_total: 1 },
      ],
    )
    assert.doesNotMatch(written.join(), /ten_|ep_/)
  })

  test("a hundred values stand in a line at most, and nothing is written twice", () => {
    for (let count = 0; count < 150; count++)
      emf.record("ringback_edge_to_receiver_seconds", { tenant: "ten_1" }, count)
    emf.flush()
    const values = lines().map((line) => line["ringback_edge_to_receiver_seconds"] as number[])
    assert.deepEqual(
      values.map(({ length }) => length),
      [100, 50],
    )
    emf.flush()
    assert.equal(written.length, 2)
  })
})

test("a function writes them in its log when its batch has ended, and the log goes out with it", async () => {
  const written: string[] = []
  let flushed = 0
  const { metrics, invocation } = openTelemetry(
    { RINGBACK_METRICS_NAMESPACE: "Ringback/production", AWS_LAMBDA_FUNCTION_NAME: "Ingest" },
    {
      log: () => {},
      write: (line) => void written.push(line),
      flush: () => void (flushed = written.length),
    },
  )
  await assert.rejects(
    invocation(async () => {
      metrics.record("ringback_ingested_total", { outcome: "accepted", source: "src_1" }, 1)
      assert.deepEqual(written, [])
      throw new Error("the table is away")
    }),
    /the table is away/,
  )
  assert.match(written.join(), /"outcome":"accepted","ringback_ingested_total":1/)
  assert.equal(flushed, 1)
})

describe("in Prometheus", () => {
  test("a metric has a bounded number of series: who comes later is `other`", async () => {
    const relay = makeRelay()
    const registry = makeMetrics(relay, () => [])
    for (let count = 0; count < MAX_DETAILS + 10; count++)
      relay.record("ringback_edge_to_receiver_seconds", { tenant: `ten_${count}` }, 1)
    const text = await registry.metrics()
    const counts: string[] = text.match(/^ringback_edge_to_receiver_seconds_count\{.*$/gm) ?? []
    assert.equal(counts.length, MAX_DETAILS + 1)
    assert.ok(counts.includes('ringback_edge_to_receiver_seconds_count{tenant="other"} 10'))
  })

  test("/metrics takes the operator's key, and all else is the API's", async () => {
    const registry = makeMetrics(makeRelay(), () => [])
    const serve = withMetrics(() => new Response("the API"), registry, "the operator's key")
    const ask = async (path: string, authorization?: string) =>
      serve(
        new Request(`http://127.0.0.1${path}`, { headers: authorization ? { authorization } : {} }),
      )
    assert.equal((await ask("/metrics")).status, 401)
    assert.equal((await ask("/metrics", "Bearer rbk_another")).status, 401)
    assert.equal((await ask("/metrics", "Bearer the operator's key")).status, 200)
    assert.equal(await (await ask("/healthz")).text(), "the API")
  })
})

describe("over OTLP", () => {
  test("a process sends what it counts when it ends, under the same names", async (t) => {
    const otlp = await startOtlp()
    t.after(() => otlp.close())
    const environment = {
      RINGBACK_DATA_DIR: makeDir(),
      OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20key",
      OTEL_TRACES_SAMPLER_ARG: "1",
    }
    const ringback = await startRingback(t, environment)
    await until(() => otlp.spans().some(({ name }) => name === "deliver"))
    await ringback.kill()
    const requests = otlp.requests.filter(({ path }) => path === "/v1/metrics")
    assert.equal(requests[0]?.headers["authorization"], "Bearer key")
    const metrics = requests.flatMap(({ body }) => metricsIn(body))
    const metricOf = (name: string) => metrics.findLast((metric) => metric.name === name)
    const delivered = metricOf("ringback_deliveries_total")?.sum
    assert.ok(delivered?.isMonotonic && delivered.aggregationTemporality === 2)
    assert.ok(delivered.dataPoints.some(({ asDouble = 0 }) => asDouble > 0))
    const [latency] = metricOf("ringback_edge_to_receiver_seconds")?.histogram?.dataPoints ?? []
    assert.ok(latency && latency.bucketCounts.length === latency.explicitBounds.length + 1)
    const counted = latency.bucketCounts.reduce((sum, count) => sum + Number(count), 0)
    assert.equal(String(counted), latency.count)
    assert.ok(metricOf("ringback_connected")?.gauge)
  })
})

type Point = { asDouble?: number; count: string; bucketCounts: string[]; explicitBounds: number[] }
type SeenMetric = {
  name: string
  sum?: { isMonotonic: boolean; aggregationTemporality: number; dataPoints: Point[] }
  gauge?: { dataPoints: Point[] }
  histogram?: { dataPoints: Point[] }
}

const metricsIn = (body: string): SeenMetric[] =>
  (
    JSON.parse(body) as { resourceMetrics: { scopeMetrics: { metrics: SeenMetric[] }[] }[] }
  ).resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
