import { makeEmf } from "@ringback/telemetry/emf"
import type { Metrics } from "@ringback/telemetry/metric"
import { makeRelay, type Relay } from "@ringback/telemetry/relay"
import { readTelemetry } from "@ringback/telemetry/settings"
import { makeTracing, originOf, type Tracing } from "@ringback/telemetry/tracing"
import type { Logger } from "./log.ts"
import { version } from "./version.ts"

const FLUSH_MS = 500

export type Telemetry = {
  tracing: Tracing | undefined
  metrics: Metrics
  /** On one machine: the metrics are read from here. */
  relay: Relay
  /** Runs the work of an invocation and sends its telemetry before Lambda freezes the process. */
  invocation: <T>(work: () => Promise<T>) => Promise<T>
}

/** A process outside Lambda is never frozen, so nothing is waited for. */
export function openTelemetry(environment: NodeJS.ProcessEnv, logger: Logger): Telemetry {
  const relay = makeRelay()
  const namespace = environment["RINGBACK_METRICS_NAMESPACE"]
  const emf = namespace ? makeEmf({ namespace, write: logger.write, now: Date.now }) : undefined
  const metrics = emf ?? relay
  const tracing = openTracing(environment, logger, (count) =>
    metrics.record("ringback_spans_dropped_total", {}, count),
  )
  const isFrozen = environment["AWS_LAMBDA_FUNCTION_NAME"] !== undefined
  return {
    tracing,
    metrics,
    relay,
    async invocation(work) {
      try {
        return await work()
      } finally {
        emf?.flush()
        if (isFrozen) logger.flush()
        if (isFrozen && tracing) await tracing.flush(FLUSH_MS)
      }
    },
  }
}

function openTracing(
  environment: NodeJS.ProcessEnv,
  { log }: Logger,
  onDropped: (count: number) => void,
): Tracing | undefined {
  const read = readTelemetry(environment)
  // An invalid setting must not delay a webhook.
  if (!read.ok) log("traces.off", { setting: read.setting, reason: read.reason })
  const settings = read.ok ? read.settings : undefined
  const name = environment["AWS_LAMBDA_FUNCTION_NAME"] ?? "ringback"
  return settings && makeTracing(settings, originOf(settings, { name, version }), log, onDropped)
}
