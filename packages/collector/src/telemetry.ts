import { type Registry, startMetricsExport } from "@ringback/telemetry/metrics-export"
import { readTelemetry } from "@ringback/telemetry/settings"
import { makeTracing, originOf, type Tracing } from "@ringback/telemetry/tracing"
import type { Log } from "./log.ts"
import { type Environment, SettingError } from "./settings.ts"
import { version } from "./version.ts"

const NAME = "ringback-collector"
const LAST_SPANS_MS = 1_000

export type Telemetry = {
  tracing: Tracing
  /** Sends what the registry holds once a minute. */
  exportMetrics: (registry: Registry) => void
  /** What is left goes out, or is given up within seconds. */
  stop: () => Promise<void>
}

/** Where OTEL_EXPORTER_OTLP_ENDPOINT says so; else undefined, and nothing is made. Throws a SettingError. */
export function openTelemetry(
  environment: Environment,
  log: Log,
  name = NAME,
): Telemetry | undefined {
  const read = readTelemetry(environment)
  if (!read.ok) throw new SettingError(`${read.setting} ${read.reason}`)
  const { settings } = read
  if (!settings) return undefined
  const origin = originOf(settings, { name, version })
  const tracing = makeTracing(settings, origin, log)
  let metrics: ReturnType<typeof startMetricsExport> | undefined
  return {
    tracing,
    exportMetrics(registry) {
      metrics = startMetricsExport({ settings, origin, registry, log })
    },
    async stop() {
      await Promise.all([tracing.flush(LAST_SPANS_MS), metrics?.stop()])
    },
  }
}
