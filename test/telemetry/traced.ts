import assert from "node:assert/strict"
import type { OtlpReceiver, SeenSpan } from "../harness/otlp.ts"

export const named = (spans: SeenSpan[], name: string): SeenSpan => {
  const found = spans.filter((span) => span.name === name)
  assert.equal(found.length, 1, `${found.length} spans are named ${name}`)
  return found[0]!
}

/** Each span's parent is the one before it, and it did not begin before that one. */
export function assertChain(spans: SeenSpan[]) {
  for (const [index, span] of spans.entries()) {
    assert.equal(span.parentSpanId, spans[index - 1]?.spanId, span.name)
    const before = BigInt(spans[index - 1]?.startTimeUnixNano ?? 0)
    assert.ok(BigInt(span.startTimeUnixNano) >= before, `${span.name} begins after its parent`)
  }
}

/** What OTLP's JSON encoding asks of each span. */
export function assertEncoding(otlp: OtlpReceiver) {
  for (const { headers } of otlp.requests) assert.equal(headers["content-type"], "application/json")
  for (const span of otlp.spans()) {
    assert.match(span.traceId, /^[0-9a-f]{32}$/)
    assert.match(span.spanId, /^[0-9a-f]{16}$/)
    assert.match(span.startTimeUnixNano, /^\d{19}$/)
    assert.match(span.endTimeUnixNano, /^\d{19}$/)
    assert.ok(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano))
    assert.ok([1, 2, 3, 4, 5].includes(span.kind))
    for (const { value } of span.attributes) {
      const [[kind, content]] = Object.entries(value) as [[string, unknown]]
      assert.match(kind, /^(string|int|bool|double)Value$/)
      if (kind === "intValue") assert.match(String(content), /^-?\d+$/)
    }
  }
  const said = otlp.requests.map(({ body }) => body).join()
  assert.doesNotMatch(said, /s3cret|very-secret|token=/)
}
