import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import { startHealth } from "@ringback/collector/health"
import { makeMetrics } from "@ringback/collector/metrics"
import type { Status } from "@ringback/collector/status"
import { version } from "@ringback/collector/version"

const idle: Status = {
  source: "src_a",
  collector: "c",
  session: "connected",
  sessionReason: null,
  connectedSince: 1_000,
  lastReadAt: 2_000,
  sessions: 1,
  events: {},
  synthetic: 0,
  sent: 0,
  refused: 0,
  losses: {},
  gaps: {},
  spoolDepth: 0,
  spoolBytes: 0,
  spoolAgeSeconds: 0,
  diskTrouble: null,
  queueTrouble: null,
  lagSeconds: null,
  clockSkewSeconds: null,
}

async function setUp(t: TestContext, statuses: Status[]) {
  const { registry } = makeMetrics(() => statuses)
  const health = await startHealth(() => statuses, registry, 0)
  t.after(() => health.close())
  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${health.port}${path}`)
    const type = answer.headers.get("content-type")
    return { status: answer.status, type, text: await answer.text() }
  }
  return { health, registry, get }
}

test("it is ready where all its collectors are, and live either way", async (t) => {
  const statuses = [idle, { ...idle, source: "src_b" }]
  const { get } = await setUp(t, statuses)
  for (const [trouble, ready] of [
    [{}, true],
    [{ session: "waiting" as const }, false],
    [{ diskTrouble: "full" }, false],
    [{ queueTrouble: "down" }, false],
  ] as const) {
    statuses[1] = { ...idle, source: "src_b", ...trouble }
    const body = {
      live: true,
      ready,
      version,
      collectors: [
        { ready: true, ...idle },
        { ready, ...statuses[1] },
      ],
    }
    for (const [path, status] of [
      ["/healthz", 200],
      ["/readyz?full", ready ? 200 : 503],
    ] as const) {
      const answer = await get(path)
      assert.deepEqual([answer.status, answer.type], [status, "application/json"])
      assert.ok(answer.text.endsWith("}\n"))
      assert.deepEqual(JSON.parse(answer.text), body)
    }
  }
})

test("metrics are served as Prometheus reads them, and no other path is", async (t) => {
  const { get, registry } = await setUp(t, [idle])
  const { status, type, text } = await get("/metrics")
  assert.deepEqual([status, type], [200, registry.contentType])
  assert.match(text, /^ringback_connected\{source="src_a"\} 1$/m)
  assert.deepEqual(await get("/"), { status: 404, type: null, text: "" })
})

test("a port that is in use or an address that is not ours is said by its setting, with the code", async (t) => {
  const { health, registry } = await setUp(t, [idle])
  const refusal = async (port: number, host: string) => {
    const error = await startHealth(() => [], registry, port, host).then(
      () => assert.fail("it listens"),
      (thrown: Error) => thrown,
    )
    assert.ok(error.cause instanceof Error)
    return `${error.name}: ${error.message}`
  }
  assert.equal(
    await refusal(health.port, "127.0.0.1"),
    `SettingError: RINGBACK_HEALTH_PORT: cannot listen on 127.0.0.1:${health.port} (EADDRINUSE)`,
  )
  assert.equal(
    await refusal(0, "192.0.2.1"),
    "SettingError: RINGBACK_HEALTH_HOST: cannot listen on 192.0.2.1:0 (EADDRNOTAVAIL)",
  )
})
