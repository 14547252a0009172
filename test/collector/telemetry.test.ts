import assert from "node:assert/strict"
import { once } from "node:events"
import { type AddressInfo, createServer } from "node:net"
import { test } from "node:test"
import { SettingError } from "@ringback/collector/settings"
import { openTelemetry } from "@ringback/collector/telemetry"
import { version } from "@ringback/collector/version"
import {
  collectorEnvironment,
  IngestQueue,
  makeSpoolDir,
  spawnCollector,
} from "../harness/collector.ts"
import { startOtlp } from "../harness/otlp.ts"
import { Pbx } from "../harness/pbx.ts"
import { until } from "../harness/until.ts"

const span = {
  trace: "1".repeat(32),
  id: "2".repeat(16),
  name: "work",
  from: 1,
  to: 2,
  kind: "internal",
  attributes: {},
} as const

test("a collector sends its spans and metrics under its own name before it ends", async (t) => {
  const otlp = await startOtlp()
  t.after(() => otlp.close())
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url, OTEL_TRACES_SAMPLER_ARG: "1" }
  const telemetry = openTelemetry(environment, () => {})
  const value = { name: "ringback_connected", help: "", type: "gauge", values: [] }
  telemetry!.exportMetrics({ getMetricsAsJSON: async () => [value] })
  telemetry!.tracing.add({ ...span })
  await telemetry!.stop()
  assert.deepEqual(
    otlp.spans().map(({ name, service }) => [name, service]),
    [["work", "ringback-collector"]],
  )
  assert.deepEqual(otlp.requests.map(({ path }) => path).sort(), ["/v1/metrics", "/v1/traces"])
  for (const { body } of otlp.requests) assert.ok(body.includes(version), body)
})

test("without an endpoint there is no telemetry, and a wrong setting is refused by its name", () => {
  assert.equal(
    openTelemetry({}, () => {}),
    undefined,
  )
  const wrong = { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" }
  assert.throws(
    () => openTelemetry(wrong, () => {}),
    (error: Error) =>
      error instanceof SettingError && error.message.startsWith("OTEL_EXPORTER_OTLP_ENDPOINT "),
  )
})

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, "close")
  return port
}

test("a collector's process traces what it reads and sends, counts it, and has one health server", async (t) => {
  const otlp = await startOtlp()
  const pbx = await Pbx.start({ hasTimestamps: true })
  const queue = await IngestQueue.start()
  const { dir, remove } = makeSpoolDir()
  const child = spawnCollector({
    ...collectorEnvironment(pbx, queue, dir),
    OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
    OTEL_TRACES_SAMPLER_ARG: "1",
    RINGBACK_HEALTH_PORT: String(await freePort()),
  })
  t.after(async () => {
    child.kill("SIGKILL")
    await pbx.close()
    await queue.close()
    await otlp.close()
    remove()
  })
  await until(() => pbx.sessionCount === 1)
  pbx.emit("OutPlanCreate", [["Uuid", "p"]])
  await until(async () => (await queue.read()).events.length === 1)
  child.kill("SIGTERM")
  await once(child, "exit")
  assert.ok(otlp.requests.some(({ path }) => path === "/v1/metrics"))
  const names = new Set(otlp.spans().map(({ name }) => name))
  assert.deepEqual(names, new Set(["collector.read", "spool"]))
})
