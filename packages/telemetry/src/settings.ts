import { SAMPLED_SHARE } from "@ringback/events/trace"

export type Environment = Record<string, string | undefined>

/** The destinations of spans and metrics. */
export type TelemetrySettings = {
  tracesUrl: string
  metricsUrl: string
  headers: Record<string, string>
  /** Undefined: each program uses its own name. */
  serviceName: string | undefined
  /** OTEL_RESOURCE_ATTRIBUTES, such as `deployment.environment.name=production`. */
  attributes: Record<string, string>
  /** The share of traces whose spans are all kept. Those of failures are always kept. */
  share: number
  timeoutMs: number
}

/** `settings` undefined: telemetry is off. */
export type ReadTelemetry =
  | { ok: true; settings: TelemetrySettings | undefined }
  | { ok: false; setting: string; reason: string }

const TIMEOUT_MS = 10_000

/**
 * OpenTelemetry's own variables, as its SDKs read them. JSON over HTTP is the only supported
 * protocol.
 */
export function readTelemetry(environment: Environment): ReadTelemetry {
  // As OpenTelemetry specifies: an empty value counts as not set.
  const of = (name: string) => environment[name]?.trim() || undefined
  const base = of("OTEL_EXPORTER_OTLP_ENDPOINT")
  if (base === undefined || of("OTEL_SDK_DISABLED") === "true")
    return { ok: true, settings: undefined }
  const tracesUrl = of("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") ?? under(base, "v1/traces")
  const metricsUrl = of("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT") ?? under(base, "v1/metrics")
  for (const url of [base, tracesUrl, metricsUrl])
    if (!isHttp(url)) {
      return refused("OTEL_EXPORTER_OTLP_ENDPOINT", "must be a URL such as http://127.0.0.1:4318")
    }
  if (of("OTEL_EXPORTER_OTLP_PROTOCOL") === "grpc")
    return refused("OTEL_EXPORTER_OTLP_PROTOCOL", "must be http/json: grpc is not spoken here")
  const headers = pairsOf(of("OTEL_EXPORTER_OTLP_HEADERS"))
  if (!headers) return refused("OTEL_EXPORTER_OTLP_HEADERS", "must be name=value, with commas")
  const attributes = pairsOf(of("OTEL_RESOURCE_ATTRIBUTES"))
  if (!attributes) return refused("OTEL_RESOURCE_ATTRIBUTES", "must be name=value, with commas")
  const share = Number(of("OTEL_TRACES_SAMPLER_ARG") ?? SAMPLED_SHARE)
  if (!(share >= 0 && share <= 1))
    return refused("OTEL_TRACES_SAMPLER_ARG", "must be from 0 to 1, such as 0.01")
  const timeoutMs = Number(of("OTEL_EXPORTER_OTLP_TIMEOUT") ?? TIMEOUT_MS)
  if (!(timeoutMs > 0)) return refused("OTEL_EXPORTER_OTLP_TIMEOUT", "must be milliseconds")
  return {
    ok: true,
    settings: {
      tracesUrl,
      metricsUrl,
      headers,
      serviceName: of("OTEL_SERVICE_NAME"),
      attributes,
      share,
      timeoutMs,
    },
  }
}

const refused = (setting: string, reason: string) => ({ ok: false as const, setting, reason })

const under = (base: string, path: string) => `${base.replace(/\/+$/, "")}/${path}`

const isHttp = (text: string) =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && !new URL(text).search

/** `a=1,b=2`, percent-encoded if necessary. Undefined if the text has another form. */
function pairsOf(text = ""): Record<string, string> | undefined {
  const pairs: Record<string, string> = {}
  for (const part of text.split(",").filter((each) => each.trim() !== "")) {
    const at = part.indexOf("=")
    const name = part.slice(0, Math.max(0, at)).trim()
    if (!/^[\w.*/-]+$/.test(name)) return undefined
    try {
      pairs[name] = decodeURIComponent(part.slice(at + 1).trim())
    } catch {
      return undefined
    }
  }
  return pairs
}
