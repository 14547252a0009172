import { setGlobalProxyFromEnv } from "node:http"
import { setDefaultAutoSelectFamilyAttemptTimeout } from "node:net"
import { check } from "./check.ts"
import { type Collector, startCollector } from "./collector.ts"
import { readConfig } from "./config.ts"
import { type Health, startHealth } from "./health.ts"
import { makeLog } from "./log.ts"
import { makeMetrics } from "./metrics.ts"
import { proxyOrigin, readProxy } from "./proxy.ts"
import { type CollectorSettings, SettingError } from "./settings.ts"
import { makeSqs } from "./sqs.ts"
import { openTelemetry } from "./telemetry.ts"

// Node's default is 250 ms for each address of a name, which is too short for slow connections.
setDefaultAutoSelectFamilyAttemptTimeout(2_500)

const log = makeLog((line) => process.stdout.write(line), Date.now)

const sqsOf = ({ region, ingestQueueUrl }: CollectorSettings) =>
  makeSqs(region, ingestQueueUrl, process.env)

async function start(all: CollectorSettings[]): Promise<void> {
  const telemetry = openTelemetry(process.env, log)
  const collectors: Collector[] = []
  const statuses = () => collectors.map((each) => each.status())
  const { registry, observeBatch } = makeMetrics(statuses)
  telemetry?.exportMetrics(registry)
  const { healthPort, healthHost } = all[0]!
  let health: Health | undefined
  try {
    health = await startHealth(statuses, registry, healthPort, healthHost)
    for (const settings of all) {
      const collector = await startCollector({
        ...settings,
        healthPort: null,
        sqs: sqsOf(settings),
        ...(telemetry && { tracing: telemetry.tracing }),
        onBatch: (durationMs) => observeBatch(collector.status().source, durationMs),
        log,
      })
      collectors.push(collector)
    }
  } catch (error) {
    await Promise.all(collectors.map((each) => each.stop()))
    await health?.close()
    throw error
  }
  const proxy = proxyOrigin(readProxy(process.env))
  log("collector.started", { collectors: collectors.length, healthPort: health.port, proxy })

  const stop = async () => {
    await Promise.all(collectors.map((each) => each.stop()))
    await telemetry?.stop()
    process.exit(0)
  }
  process.once("SIGTERM", () => void stop())
  process.once("SIGINT", () => void stop())
  process.on("SIGHUP", () => void reload(collectors))
}

/**
 * Reads settings and secret files again and renews the sessions without a gap. Invalid settings
 * change nothing.
 */
async function reload(collectors: Collector[]): Promise<void> {
  try {
    const all = readConfig(process.env)
    if (all.length !== collectors.length) {
      throw new SettingError(
        "RINGBACK_CONFIG has more or fewer entries: restart the collector to apply them",
      )
    }
    const each = all.map(async (settings, index) => reloadOne(collectors[index]!, settings))
    if ((await Promise.all(each)).every(Boolean)) log("collector.reloaded")
  } catch (error) {
    log("collector.reload-failed", { alarm: true, reason: (error as Error).message })
  }
}

/** False if its PBX refuses the settings, or they are of another source. The others go on. */
async function reloadOne(collector: Collector, settings: CollectorSettings): Promise<boolean> {
  try {
    await collector.reload(settings)
    return true
  } catch (error) {
    const { source } = collector.status()
    log("collector.reload-failed", { alarm: true, source, reason: (error as Error).message })
    return false
  }
}

try {
  const options = process.argv.slice(2)
  const unknown = options.find((option) => option !== "--check")
  if (unknown !== undefined) {
    const why = "the only option is --check; settings come from the environment"
    throw new SettingError(`${unknown}: ${why} (packages/collector/README.md)`)
  }
  const all = readConfig(process.env)
  // For `fetch`, which calls the API. The SQS client has its own agent.
  setGlobalProxyFromEnv(readProxy(process.env))
  if (options.includes("--check")) {
    let code = 0
    for (const settings of all)
      code = Math.max(code, await check(settings, sqsOf(settings), console.log))
    process.exit(code)
  }
  await start(all)
} catch (error) {
  if (!(error instanceof SettingError)) throw error
  process.stderr.write(`ringback collector: ${error.message}\n`)
  process.exit(2)
}
