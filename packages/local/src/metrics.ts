import { createHash, timingSafeEqual } from "node:crypto"
import { makeMetrics as makeCollectorMetrics } from "@ringback/collector/metrics"
import type { Status } from "@ringback/collector/status"
import {
  BUCKETS_SECONDS,
  metricNames,
  metricOf,
  type MetricName,
  type Metrics,
} from "@ringback/telemetry/metric"
import type { Relay } from "@ringback/telemetry/relay"
import { Counter, Gauge, Histogram, Registry } from "prom-client"
import type { Answer } from "./api-server.ts"

/**
 * The maximum number of combinations of tenant, endpoint and the like per metric. Further ones are
 * counted as `other`.
 */
export const MAX_DETAILS = 500
const OTHER = "other"

/** What is heard of the workers, beside what the collectors of this process say of themselves. */
export function makeMetrics(relay: Pick<Relay, "listen">, statuses: () => Status[]): Registry {
  const own = new Registry()
  relay.listen(listenerTo(own))
  const { registry } = makeCollectorMetrics(statuses)
  return Registry.merge([registry, own])
}

/** Creates each metric in the registry at once, so that metrics without a value are listed too. */
function listenerTo(registry: Registry): Metrics {
  const made = new Map(metricNames.map((name) => [name, makeMetric(registry, name)]))
  return { record: (name, labels, value) => made.get(name)!(labels, value) }
}

type Record = (labels: { [name: string]: string }, value: number) => void

function makeMetric(registry: Registry, name: MetricName): Record {
  const { kind, help, labels, details } = metricOf(name)
  const options = { name, help, labelNames: [...labels, ...details], registers: [registry] }
  const record = recorderOf(kind, options)
  const seen = new Set<string>()
  return (all, value) => {
    const key = details.map((detail) => all[detail]).join("/")
    const isKnown = seen.has(key) || seen.size < MAX_DETAILS
    if (isKnown) seen.add(key)
    const others = Object.fromEntries(details.map((detail) => [detail, OTHER]))
    record(isKnown ? all : { ...all, ...others }, value)
  }
}

type Options = { name: string; help: string; labelNames: string[]; registers: Registry[] }

function recorderOf(kind: "counter" | "gauge" | "histogram", options: Options): Record {
  if (kind === "counter") {
    const counter = new Counter(options)
    return (labels, value) => counter.inc(labels, value)
  }
  if (kind === "gauge") {
    const gauge = new Gauge(options)
    return (labels, value) => gauge.set(labels, value)
  }
  const histogram = new Histogram({ ...options, buckets: BUCKETS_SECONDS })
  return (labels, value) => histogram.observe(labels, value)
}

/** The API with `/metrics` beside it, for the operator alone: it names every tenant's endpoints. */
export function withMetrics(api: Answer, registry: Registry, operatorKey: string): Answer {
  return async (request) => {
    if (new URL(request.url).pathname !== "/metrics") return api(request)
    const headers = { "cache-control": "no-store" }
    if (!isSame(request.headers.get("authorization") ?? "", `Bearer ${operatorKey}`)) {
      const challenge = { ...headers, "www-authenticate": "Bearer" }
      return new Response("It takes the operator's key\n", { status: 401, headers: challenge })
    }
    const body = await registry.metrics()
    return new Response(body, { headers: { ...headers, "content-type": registry.contentType } })
  }
}

const digest = (text: string) => createHash("sha256").update(text).digest()
const isSame = (left: string, right: string) => timingSafeEqual(digest(left), digest(right))
