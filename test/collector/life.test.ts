import assert from "node:assert/strict"
import { once } from "node:events"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { test, type TestContext } from "node:test"
import { readConfig } from "@ringback/collector/config"
import { formatSourceToken, makeSourceKey } from "@ringback/events/token"
import {
  collectorEnvironment,
  IngestQueue,
  type LogLine,
  makeSpoolDir,
  makeToken,
  runCollector,
  runProcess,
  spawnCollector,
} from "../harness/collector.ts"
import { Pbx, type PbxOptions } from "../harness/pbx.ts"
import { until } from "../harness/until.ts"

async function setUp(t: TestContext, options: PbxOptions = {}) {
  const pbx = await Pbx.start({ hasTimestamps: true, canList: true, ...options })
  const queue = await IngestQueue.start()
  const { dir, remove } = makeSpoolDir()
  t.after(async () => {
    await pbx.close()
    await queue.close()
    remove()
  })
  return { pbx, queue, dir }
}

function spawnLogged(t: TestContext, environment: NodeJS.ProcessEnv) {
  const child = spawnCollector(environment)
  t.after(() => child.kill("SIGKILL"))
  const lines: LogLine[] = []
  createInterface(child.stdout!).on("line", (line) => lines.push(JSON.parse(line) as LogLine))
  return { child, lines }
}

test("tells on /healthz, /readyz and /metrics how it stands", async (t) => {
  const { pbx, queue, dir } = await setUp(t)
  const collector = await runCollector(pbx, queue, dir, { healthPort: 0 })
  await collector.ready
  const get = async (path: string) => fetch(`http://127.0.0.1:${collector.healthPort}${path}`)
  pbx.emit("OutCampaignCreate", [["Uuid", "a"]])
  await until(() => collector.status().sent === 1)
  const health = (await (await get("/healthz")).json()) as { live: boolean; ready: boolean }
  assert.deepEqual([health.live, health.ready], [true, true])
  assert.equal((await get("/readyz")).status, 200)
  const metrics = await (await get("/metrics")).text()
  const { source } = queue.token
  for (const line of [
    `ringback_events_total{source="${source}",event="OutCampaignCreate"} 1`,
    `ringback_sent_total{source="${source}"} 1`,
    `ringback_connected{source="${source}"} 1`,
    `ringback_spool_messages{source="${source}"} 0`,
    `ringback_batch_seconds_count{source="${source}"} 1`,
  ]) {
    assert.ok(metrics.includes(line), `${line} in ${metrics}`)
  }
  await pbx.down()
  await until(async () => (await get("/readyz")).status === 503)
  assert.equal((await get("/healthz")).status, 200)
  assert.equal((await get("/nothing")).status, 404)
  await collector.stop()
})

test("warns once where events bear no Timestamp", async (t) => {
  const { pbx, queue, dir } = await setUp(t, { hasTimestamps: false })
  const collector = await runCollector(pbx, queue, dir)
  await collector.ready
  pbx.emit("OutQueueCreate", [["Uuid", "a"]])
  await until(() => collector.lines.some(({ event }) => event === "events.no-timestamp"))
  await collector.stop()
})

test("takes a new secret over at SIGHUP without a break between the sessions", async (t) => {
  const { pbx, queue, dir } = await setUp(t)
  const secret = join(dir, "secret")
  writeFileSync(secret, "s3cret\n")
  const { AMI_SECRET, ...rest } = collectorEnvironment(pbx, queue, dir)
  const { child, lines } = spawnLogged(t, { ...rest, AMI_SECRET_FILE: secret })
  await until(() => pbx.sessionCount === 1)
  const steady = setInterval(
    () => pbx.emit("OutPlanUpdate", [["Uuid", `p${pbx.history.length}`]]),
    5,
  )
  t.after(() => clearInterval(steady))

  writeFileSync(secret, "wrong")
  child.kill("SIGHUP")
  await until(() => lines.some(({ event }) => event === "collector.reload-failed"))
  pbx.secret = "another"
  writeFileSync(secret, "another")
  child.kill("SIGHUP")
  await until(() => lines.some(({ event }) => event === "collector.reloaded"))
  await until(() => pbx.sessionCount === 1)
  clearInterval(steady)
  await until(async () => {
    const ids = new Set((await queue.read()).events.map(({ headers }) => headers[3]![1]))
    return ids.size === pbx.history.length
  })
  assert.deepEqual(queue.gaps, [])
  assert.equal(new Set(queue.heartbeats.map((each) => each.connectedSince)).size <= 2, true)
  const { healthPort } = lines.find(({ event }) => event === "collector.started")!
  const metrics = await (await fetch(`http://127.0.0.1:${String(healthPort)}/metrics`)).text()
  assert.match(metrics, /^ringback_batch_seconds_count\{source="src_\w+"\} [1-9]/m)
  child.kill("SIGTERM")
  assert.deepEqual(await once(child, "exit"), [0, null])
  assert.ok(!JSON.stringify(lines).includes("another") && AMI_SECRET)
})

test("runs a collector for each entry of a configuration file, in YAML or JSON", async (t) => {
  const { pbx, queue, dir } = await setUp(t)
  const other = await Pbx.start()
  t.after(() => other.close())
  const config = join(dir, "pbxs.yaml")
  const second = makeToken()
  writeFileSync(
    config,
    `- AMI_PORT: ${pbx.target.port}\n- AMI_PORT: ${other.target.port}\n  RINGBACK_SOURCE_TOKEN: ${second.text}\n`,
  )
  const environment = { ...collectorEnvironment(pbx, queue, dir), RINGBACK_CONFIG: config }
  const [first, next] = readConfig(environment)
  assert.equal(first?.spoolDir, join(dir, queue.token.source))
  assert.equal(next?.spoolDir, join(dir, second.source))
  const { child, lines } = spawnLogged(t, environment)
  await until(() => pbx.sessionCount === 1 && other.sessionCount === 1)
  const { healthPort } = await until(() => lines.find(({ event }) => event === "collector.started"))
  const health = await fetch(`http://127.0.0.1:${String(healthPort)}/healthz`)
  const { collectors } = (await health.json()) as { collectors: { source: string }[] }
  assert.deepEqual(
    collectors.map(({ source }) => source),
    [queue.token.source, second.source],
  )
  child.kill("SIGTERM")
  assert.deepEqual(await once(child, "exit"), [0, null])
})

test("new tokens reach every collector, also if one PBX refuses the login", async (t) => {
  const { pbx, queue, dir } = await setUp(t)
  const other = await Pbx.start()
  t.after(() => other.close())
  const config = join(dir, "pbxs.json")
  const sources = [queue.token, makeToken()]
  const write = (tokens: { text: string }[]) =>
    writeFileSync(
      config,
      JSON.stringify(
        [pbx, other].map(({ target }, index) => ({
          AMI_PORT: String(target.port),
          RINGBACK_SOURCE_TOKEN: tokens[index]!.text,
        })),
      ),
    )
  write(sources)
  const environment = { ...collectorEnvironment(pbx, queue, dir), RINGBACK_CONFIG: config }
  const { child, lines } = spawnLogged(t, environment)
  await until(() => pbx.sessionCount === 1 && other.sessionCount === 1)
  pbx.isRefusing = true
  write(sources.map((token) => ({ text: formatSourceToken({ ...token, ...makeSourceKey() }) })))
  child.kill("SIGHUP")
  const [failed] = await until(() => {
    const found = lines.filter(({ event }) => event === "collector.reload-failed")
    return other.logins === 2 && found.length > 0 ? found : undefined
  })
  assert.equal(failed!["source"], queue.token.source)
  assert.ok(!lines.some(({ event }) => event === "collector.reloaded"))
})

test("names what is wrong in a configuration file", (t) => {
  const { dir, remove } = makeSpoolDir()
  t.after(remove)
  const config = join(dir, "pbxs.json")
  const good = {
    AMI_HOST: "pbx",
    AMI_USERNAME: "u",
    AMI_SECRET: "s",
    RINGBACK_SOURCE_TOKEN: makeToken().text,
    RINGBACK_INGEST_QUEUE_URL: "http://127.0.0.1:4566/000000000000/Ingest",
    RINGBACK_CONFIG: config,
  }
  const cases: [text: string, problem: RegExp][] = [
    ["{", /RINGBACK_CONFIG names .*, which is neither JSON nor YAML/],
    ["[]", /does not contain a list/],
    ["[1]", /not a map/],
    ['[{}, {"AMI_PORT": 0}]', /RINGBACK_CONFIG, entry 2: AMI_PORT/],
    ["[{}, {}]", /two entries with the same source/],
  ]
  for (const [text, problem] of cases) {
    writeFileSync(config, text)
    assert.throws(() => readConfig(good), problem)
  }
  assert.throws(() => readConfig({ ...good, RINGBACK_CONFIG: "/nowhere" }), /cannot be read/)
})

test("--check says what is well, what could be better, and how to fix it", async (t) => {
  const { pbx, queue, dir } = await setUp(t, { canList: false, hasTimestamps: false })
  const environment = collectorEnvironment(pbx, queue, dir)
  const [well, refused] = await Promise.all([
    runProcess(environment, "--check"),
    runProcess(
      {
        ...environment,
        AMI_SECRET: "wrong",
        RINGBACK_INGEST_QUEUE_URL: "http://127.0.0.1:9/0/none",
      },
      "--check",
    ),
  ])
  assert.equal(well.code, 0, well.stderr)
  assert.match(well.stdout, /^ok +PBX: logged in/m)
  assert.match(well.stdout, /^could be better .*lists[^]*fix: write=command/m)
  assert.doesNotMatch(well.stdout, /timestampevents/, "nobody showed whether it is on")
  assert.match(well.stdout, /^ok +queue/m)
  assert.equal(refused.code, 1)
  assert.match(refused.stdout, /^WRONG +PBX: .*refused[^]*fix: AMI_USERNAME, AMI_SECRET/m)
  assert.match(refused.stdout, /^WRONG +queue: /m)
  assert.ok(!refused.stdout.includes("wrong\n"))
})

test("the image holds every package that the collector imports", () => {
  const dockerfile = readFileSync(
    new URL("../../packages/collector/Dockerfile", import.meta.url),
    "utf8",
  )
  const { dependencies } = JSON.parse(
    readFileSync(new URL("../../packages/collector/package.json", import.meta.url), "utf8"),
  ) as { dependencies: Record<string, string> }
  for (const name of Object.keys(dependencies)) {
    if (!name.startsWith("@ringback/")) continue
    const room = `packages/${name.slice("@ringback/".length)}`
    assert.ok(dockerfile.includes(`COPY ${room} ${room}`), room)
  }
})
