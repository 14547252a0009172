import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { readTelemetry, type TelemetrySettings } from "@ringback/telemetry/settings"

/** A span as it lies in a request to `/v1/traces`. */
export type SeenSpan = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: Record<string, unknown> }[]
  status: { code?: number; message?: string }
  /** Of its resource. */
  service: string
}

export type SeenRequest = { path: string; headers: Record<string, string>; body: string }

export type OtlpReceiver = {
  url: string
  settings: (environment?: Record<string, string>) => TelemetrySettings
  requests: SeenRequest[]
  spans: () => SeenSpan[]
  /** Instead of a 200 with an empty answer. */
  behave: (behaviour: (request: IncomingMessage, response: ServerResponse) => void) => void
  close: () => Promise<void>
}

/** What an OpenTelemetry collector is to those who send: a real HTTP server, which keeps all. */
export async function startOtlp(): Promise<OtlpReceiver> {
  const requests: SeenRequest[] = []
  let behave: (request: IncomingMessage, response: ServerResponse) => void = (_, response) =>
    response.writeHead(200, { "content-type": "application/json" }).end("{}")
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { url: path = "", headers } = request
      requests.push({ path, headers: headers as Record<string, string>, body })
      behave(request, response)
    })
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    requests,
    settings: (environment = {}) =>
      settingsOf({ OTEL_EXPORTER_OTLP_ENDPOINT: url, ...environment }),
    spans: () =>
      requests.filter(({ path }) => path === "/v1/traces").flatMap(({ body }) => spansIn(body)),
    behave: (next) => void (behave = next),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    },
  }
}

export function settingsOf(environment: Record<string, string>): TelemetrySettings {
  const read = readTelemetry(environment)
  if (!read.ok || !read.settings) throw new Error(JSON.stringify(read))
  return read.settings
}

type Body = {
  resourceSpans: {
    resource: { attributes: SeenSpan["attributes"] }
    scopeSpans: { spans: Omit<SeenSpan, "service">[] }[]
  }[]
}

const spansIn = (body: string): SeenSpan[] =>
  (JSON.parse(body) as Body).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(attributeOf(resource, "service.name"))
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, service })))
  })

/** An attribute's value, as a number where it is one. */
export function attributeOf({ attributes }: Pick<SeenSpan, "attributes">, name: string) {
  const value = attributes.find(({ key }) => key === name)?.value
  if (!value) return undefined
  if ("intValue" in value) return Number(value["intValue"])
  return Object.values(value)[0] as string | boolean | undefined
}

const NANOS = 1_000_000n

/** A trace as an indented text, the spans in the order in which they began. */
export function textOf(spans: SeenSpan[], shown: string[] = []): string {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const roots = spans.filter(({ parentSpanId = "" }) => !ids.has(parentSpanId))
  const began = Math.min(...spans.map((span) => Number(BigInt(span.startTimeUnixNano) / NANOS)))
  const lines = (all: SeenSpan[], depth: number): string[] =>
    all
      .toSorted((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)))
      .flatMap((span) => {
        const from = Number(BigInt(span.startTimeUnixNano) / NANOS) - began
        const to = Number(BigInt(span.endTimeUnixNano) / NANOS) - began
        const facts = shown.flatMap((name) => {
          const value = attributeOf(span, name)
          return value === undefined ? [] : [`${name}=${String(value)}`]
        })
        const error = span.status.code === 2 ? [`ERROR ${span.status.message}`] : []
        const name = `${"  ".repeat(depth)}${span.name}`.padEnd(28)
        const line = `${name} ${span.spanId}  +${from} to +${to} ms  ${[...facts, ...error].join(" ")}`
        const children = spans.filter(({ parentSpanId }) => parentSpanId === span.spanId)
        return [line.trimEnd(), ...lines(children, depth + 1)]
      })
  return [`trace ${spans[0]?.traceId}`, ...lines(roots, 0)].join("\n")
}
