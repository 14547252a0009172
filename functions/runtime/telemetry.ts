import { readTelemetry } from "@ringback/telemetry/settings"
import { makeTracing, originOf, type Tracing } from "@ringback/telemetry/tracing"
import type { Log } from "./log.ts"
import { version } from "./version.ts"

const FLUSH_MS = 500

export type Telemetry = {
  tracing: Tracing | undefined
  /** Does an invocation's work, and lets out what it has to tell before Lambda freezes the process. */
  invocation: <T>(work: () => Promise<T>) => Promise<T>
}

/** A process that is not Lambda's is never frozen: there nothing is waited for. */
export function openTelemetry(environment: NodeJS.ProcessEnv, log: Log): Telemetry {
  const tracing = openTracing(environment, log)
  const isFrozen = environment["AWS_LAMBDA_FUNCTION_NAME"] !== undefined
  return {
    tracing,
    async invocation(work) {
      try {
        return await work()
      } finally {
        if (isFrozen && tracing) await tracing.flush(FLUSH_MS)
      }
    },
  }
}

function openTracing(environment: NodeJS.ProcessEnv, log: Log): Tracing | undefined {
  const read = readTelemetry(environment)
  // A wrong setting must not keep a webhook back.
  if (!read.ok) log("traces.off", { setting: read.setting, reason: read.reason })
  const settings = read.ok ? read.settings : undefined
  const name = environment["AWS_LAMBDA_FUNCTION_NAME"] ?? "ringback"
  return settings && makeTracing(settings, originOf(settings, { name, version }), log)
}
