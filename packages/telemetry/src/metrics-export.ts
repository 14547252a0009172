import { Exporter } from "./exporter.ts"
import { formatAttributes, formatNanos, formatOrigin, type Origin } from "./otlp.ts"
import type { TelemetrySettings } from "./settings.ts"

/** The parts of prom-client's registries that are used here. */
type Sample = { labels: Record<string, string | number>; value: number; metricName?: string }
type Family = { name: string; help: string; type: unknown; values: Sample[] }
export type Registry = { getMetricsAsJSON: () => Promise<unknown> }

const EVERY_MS = 60_000
const LAST_MS = 1_000
// Since this process started.
const CUMULATIVE = 2

type Options = {
  settings: TelemetrySettings
  origin: Origin
  registry: Registry
  log: (event: string, fields: Record<string, unknown>) => void
  everyMs?: number
}

/** Sends the values of a registry once a minute, and when it is stopped. */
export function startMetricsExport({ settings, origin, registry, log, ...options }: Options) {
  const startedAt = Date.now()
  const { metricsUrl: url, headers, timeoutMs } = settings
  const exporter = new Exporter<object>({
    url,
    headers,
    timeoutMs,
    format: (resourceMetrics) => JSON.stringify({ resourceMetrics }),
    onDropped: (_, reason) => log("metrics.dropped", { reason }),
  })
  const { resource, scope } = formatOrigin(origin)
  const send = async () => {
    const families = (await registry.getMetricsAsJSON()) as Family[]
    const metrics = families.flatMap((family) => formatFamily(family, startedAt, Date.now()))
    exporter.add({ resource, scopeMetrics: [{ scope, metrics }] })
  }
  const timer = setInterval(() => void send(), options.everyMs ?? EVERY_MS).unref()
  return {
    async stop() {
      clearInterval(timer)
      await send()
      await exporter.flush(LAST_MS)
    },
  }
}

export function formatFamily(family: Family, startedAt: number, now: number): object[] {
  const { name, help: description, type, values } = family
  if (values.length === 0) return []
  const times = { startTimeUnixNano: formatNanos(startedAt), timeUnixNano: formatNanos(now) }
  const points = () =>
    values.map(({ labels, value }) => ({
      attributes: formatAttributes(labels),
      ...times,
      asDouble: value,
    }))
  if (type === "gauge") return [{ name, description, gauge: { dataPoints: points() } }]
  if (type === "counter") {
    const sum = { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints: points() }
    return [{ name, description, sum }]
  }
  if (type !== "histogram") return []
  const dataPoints = histogramPoints(values).map((point) => ({ ...point, ...times }))
  return [{ name, description, histogram: { aggregationTemporality: CUMULATIVE, dataPoints } }]
}

/** In Prometheus each bucket includes the counts of the smaller ones. In OTLP it does not. */
function histogramPoints(values: Sample[]) {
  const series = Map.groupBy(values, ({ labels: { le: _, ...labels } }) => JSON.stringify(labels))
  return [...series].map(([key, samples]) => {
    const valueOf = (suffix: string) =>
      samples.find(({ metricName }) => metricName?.endsWith(suffix))?.value ?? 0
    const buckets = samples
      .filter(({ metricName }) => metricName?.endsWith("_bucket"))
      .map(({ labels, value }) => ({ le: Number(labels["le"]), value }))
      .filter(({ le }) => Number.isFinite(le))
    const count = valueOf("_count")
    const upTo = [0, ...buckets.map(({ value }) => value), count]
    return {
      attributes: formatAttributes(JSON.parse(key) as Record<string, string>),
      count: String(count),
      sum: valueOf("_sum"),
      explicitBounds: buckets.map(({ le }) => le),
      bucketCounts: upTo.slice(1).map((value, index) => String(value - upTo[index]!)),
    }
  })
}
