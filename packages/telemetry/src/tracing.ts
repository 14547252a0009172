import { isSampled } from "@ringback/events/trace"
import { Exporter, FULL, within } from "./exporter.ts"
import type { Origin } from "./otlp.ts"
import type { TelemetrySettings } from "./settings.ts"
import { formatSpans, type Span } from "./span.ts"

// These 300 lines replace OpenTelemetry's SDK, whose bundle has 293 KB and takes 26 ms to import
// (sdk-trace-base 2.12 with its exporter), while a worker has 400 KB and takes 50 ms. It would not
// fit either: here ids are derived from the event, and failures are kept afterwards, while the SDK
// generates ids and decides before a span starts. The output is OTLP nevertheless.

/** Absent if there are no settings: then no spans are created. */
export type Tracing = {
  /** Whether all spans of this trace are kept. Those of failures are kept anyway. */
  isSampled: (trace: string) => boolean
  add: (...spans: Span[]) => void
  /**
   * Adds spans that still have to be determined. If that fails, the spans are lost, but not the
   * work.
   */
  addLater: (find: () => Promise<Span[]>) => void
  /** Waits until the added spans are sent, for at most `limitMs`. */
  flush: (limitMs: number) => Promise<void>
}

const SAY_EVERY_MS = 60_000

type Log = (event: string, fields: Record<string, unknown>) => void

/** `onDropped`: called with dropped spans, for a metric. The log reports them once a minute. */
export function makeTracing(
  { tracesUrl: url, headers, timeoutMs, share }: TelemetrySettings,
  origin: Origin,
  log: Log,
  onDropped: (count: number) => void = () => {},
): Tracing {
  let dropped = 0
  let saidAt = -Infinity
  const drop = (count: number, reason: string) => {
    onDropped(count)
    dropped += count
    if (performance.now() - saidAt < SAY_EVERY_MS) return
    saidAt = performance.now()
    log("traces.dropped", { spans: dropped, reason })
    dropped = 0
  }
  const exporter = new Exporter<Span>({
    url,
    headers,
    timeoutMs,
    format: (spans) => formatSpans(origin, spans),
    onDropped: drop,
  })
  const add = (...spans: Span[]) => {
    for (const span of spans) exporter.add(span)
  }
  const open = new Set<Promise<void>>()
  return {
    isSampled: (trace) => isSampled(trace, share),
    add,
    addLater(find) {
      // Nothing is computed for spans that would be dropped.
      if (exporter.isFull) return drop(1, FULL)
      const added = find().then(
        (spans) => add(...spans),
        (error: unknown) => drop(1, String(error)),
      )
      open.add(added)
      void added.finally(() => open.delete(added))
    },
    async flush(limitMs) {
      if (open.size > 0) await within(limitMs, Promise.all(open))
      await exporter.flush(limitMs)
    },
  }
}

/** The attributes of the program in each of its spans. */
export const originOf = (
  { serviceName, attributes }: TelemetrySettings,
  program: { name: string; version: string; instance?: string | undefined },
): Origin => ({
  version: program.version,
  resource: {
    "service.name": serviceName ?? program.name,
    "service.namespace": "ringback",
    "service.version": program.version,
    "service.instance.id": program.instance,
    "telemetry.sdk.language": "nodejs",
    ...attributes,
  },
})
