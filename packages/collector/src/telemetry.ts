import { readTelemetry } from "@ringback/telemetry/settings"
import { makeTracing, originOf, type Tracing } from "@ringback/telemetry/tracing"
import type { Log } from "./log.ts"
import { type Environment, SettingError } from "./settings.ts"
import { version } from "./version.ts"

const NAME = "ringback-collector"

/** Where OTEL_EXPORTER_OTLP_ENDPOINT says so; else undefined, and nothing is traced. Throws a SettingError. */
export function openTracing(environment: Environment, log: Log): Tracing | undefined {
  const read = readTelemetry(environment)
  if (!read.ok) throw new SettingError(`${read.setting} ${read.reason}`)
  const { settings } = read
  return settings && makeTracing(settings, originOf(settings, { name: NAME, version }), log)
}
