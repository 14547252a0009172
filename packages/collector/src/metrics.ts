import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client"
import type { Status } from "./status.ts"

type Sample = [value: number | null, labels?: Record<string, string>]

const each = (label: string, counts: Record<string, number>): Sample[] =>
  Object.entries(counts).map(([name, count]) => [count, { [label]: name }])

type Fact = { name: string; help: string; label?: string; of: (status: Status) => Sample[] }

const counters: Fact[] = [
  {
    name: "events_total",
    help: "AMI events forwarded, by name",
    label: "event",
    of: (s) => each("event", s.events),
  },
  {
    name: "synthetic_events_total",
    help: "Events inferred from the PBX's lists",
    of: (s) => [[s.synthetic]],
  },
  { name: "sent_total", help: "Messages accepted by the queue", of: (s) => [[s.sent]] },
  {
    name: "refused_total",
    help: "Messages permanently rejected by the queue",
    of: (s) => [[s.refused]],
  },
  {
    name: "lost_total",
    help: "Messages that could not be stored, by reason",
    label: "reason",
    of: (s) => each("reason", s.losses),
  },
  {
    name: "gaps_total",
    help: "Gaps reported, by reason",
    label: "reason",
    of: (s) => each("reason", s.gaps),
  },
  { name: "sessions_total", help: "Logins at the PBX", of: (s) => [[s.sessions]] },
]

const gauges: Fact[] = [
  {
    name: "connected",
    help: "1 while there is a session with the PBX",
    of: (s) => [[s.session === "connected" ? 1 : 0]],
  },
  {
    name: "spool_messages",
    help: "Messages not yet accepted by the queue",
    of: (s) => [[s.spoolDepth]],
  },
  { name: "spool_bytes", help: "Their bytes", of: (s) => [[s.spoolBytes]] },
  {
    name: "spool_age_seconds",
    help: "Age of the oldest of them",
    of: (s) => [[s.spoolAgeSeconds]],
  },
  {
    name: "disk_ok",
    help: "0 while the directory has a problem: the spool is in memory, or the state cannot be saved",
    of: (s) => [[s.diskTrouble === null ? 1 : 0]],
  },
  {
    name: "queue_ok",
    help: "0 while the queue is unreachable",
    of: (s) => [[s.queueTrouble === null ? 1 : 0]],
  },
  {
    name: "pbx_lag_seconds",
    help: "The collector's clock minus the Timestamp of the newest event",
    of: (s) => [[s.lagSeconds]],
  },
  {
    name: "clock_skew_seconds",
    help: "The collector's clock minus the PBX's; more than 60 either way is an alarm",
    of: (s) => [[s.clockSkewSeconds]],
  },
]

export type Metrics = {
  registry: Registry
  /** Records the duration of an SQS call that accepted at least one message. */
  observeBatch: (source: string, durationMs: number) => void
}

/**
 * A registry that reads the collectors' counters when it is scraped, so the hot path only
 * increments variables.
 */
export function makeMetrics(statuses: () => Status[]): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const { name, help, label, of } of counters) {
    new Counter({
      name: `ringback_${name}`,
      help,
      labelNames: label ? ["source", label] : ["source"],
      registers: [registry],
      collect() {
        this.reset()
        for (const status of statuses()) {
          for (const [value, labels] of of(status))
            this.inc({ source: status.source, ...labels }, value ?? 0)
        }
      },
    })
  }
  for (const { name, help, of } of gauges) {
    new Gauge({
      name: `ringback_${name}`,
      help,
      labelNames: ["source"],
      registers: [registry],
      collect() {
        this.reset()
        for (const status of statuses()) {
          for (const [value] of of(status))
            if (value !== null) this.set({ source: status.source }, value)
        }
      },
    })
  }
  const batches = new Histogram({
    name: "ringback_batch_seconds",
    help: "Duration of an SQS call",
    labelNames: ["source"],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  const observeBatch = (source: string, durationMs: number) =>
    batches.observe({ source }, durationMs / 1_000)
  return { registry, observeBatch }
}
