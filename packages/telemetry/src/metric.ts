/**
 * `labels` have few values that are known in advance. They are dimensions in CloudWatch, where each
 * combination costs money. `details` name tenants, endpoints and sources: only Prometheus gets
 * them, up to a limit (see MAX_DETAILS).
 */
type Metric = {
  kind: "counter" | "gauge" | "histogram"
  unit: "Count" | "Seconds"
  help: string
  labels: readonly string[]
  details: readonly string[]
}

/** The metrics of the workers, with the same names in CloudWatch, in Prometheus and over OTLP. */
export const metrics = {
  ringback_ingested_total: {
    kind: "counter",
    unit: "Count",
    help: "Messages from collectors, by outcome (listed: a row of a list)",
    labels: ["outcome"],
    details: ["source"],
  },
  ringback_attempts_total: {
    kind: "counter",
    unit: "Count",
    help: "Attempts to deliver, by kind of receiver (webhook or a CRM's) and result (ok or failed)",
    labels: ["kind", "result"],
    details: ["tenant", "endpoint"],
  },
  ringback_deliveries_total: {
    kind: "counter",
    unit: "Count",
    help: "Times a delivery became delivered, failed, held or discarded; a recovered one counts again",
    labels: ["status"],
    details: ["tenant", "endpoint"],
  },
  ringback_edge_to_receiver_seconds: {
    kind: "histogram",
    unit: "Seconds",
    help: "Time from reading the PBX event to a 2xx response, waits and retries included",
    labels: [],
    details: ["tenant"],
  },
  ringback_due_late_seconds: {
    kind: "gauge",
    unit: "Seconds",
    help: "How late the oldest due delivery is when release ends",
    labels: [],
    details: ["group"],
  },
  ringback_spans_dropped_total: {
    kind: "counter",
    unit: "Count",
    help: "Spans dropped: the export failed or its queue was full",
    labels: [],
    details: [],
  },
} as const satisfies Record<string, Metric>

export type MetricName = keyof typeof metrics
export const metricNames = Object.keys(metrics) as MetricName[]
export const metricOf = (name: MetricName): Metric => metrics[name]

type NamesOf<Name extends MetricName> =
  (typeof metrics)[Name]["labels"][number] | (typeof metrics)[Name]["details"][number]

export type Labels<Name extends MetricName = MetricName> = Record<NamesOf<Name>, string>

export type Metrics = {
  /** Adds to a counter, observes in a histogram, sets a gauge. */
  record: <Name extends MetricName>(name: Name, labels: Labels<Name>, value: number) => void
}

/**
 * Upper bounds in seconds: immediate deliveries, those that waited for a retry, those that waited
 * for a person.
 */
export const BUCKETS_SECONDS = [
  0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 43_200, 259_200,
]
