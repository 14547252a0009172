/**
 * A time span in which a collector read its PBX: from, to (epoch ms, its own clock), and 1 if no
 * gap has been reported yet that explains its start.
 */
export type Span = [from: number, to: number, isUnexplained: number]

// A flapping network creates a span every few seconds. Gaps older than these spans were decided
// long ago.
const MAX_SPANS = 40

/** The spans after a heartbeat at `at` from a session that started at `since`. */
export function extendSpans(spans: Span[], since: number, at: number): Span[] {
  const last = spans.at(-1)
  if (!last) return [[since, at, 0]]
  if (since <= last[1]) return [...spans.slice(0, -1), withEnd(last, Math.max(last[1], at))]
  // The collector will soon report the exact gap between the last span and this one.
  return [...spans, [since, at, 1] satisfies Span].slice(-MAX_SPANS)
}

/** The spans up to `at`. After a clock was set back, later ones are by the earlier clock. */
export const spansUntil = (spans: Span[], at: number): Span[] =>
  spans.filter(([from]) => from <= at).map((span) => withEnd(span, Math.min(span[1], at)))

/**
 * The spans after the collector reported a gap between `from` and `to`: it read up to `from` and
 * again from `to`, unless an earlier report says that it did not read then either.
 */
export function cutSpans(known: Span[], from: number, to: number, since?: number): Span[] {
  const spans = since === undefined ? known : addSpan(known, since, from)
  const before = spans
    .filter((span) => span[0] <= from)
    .map((span) => withEnd(span, Math.min(span[1], from)))
  const after = spans
    .filter((span) => span[1] > to || span[0] >= to)
    .map((span): Span => (span[0] >= to ? explained(span, to) : [to, span[1], 0]))
  const last = since !== undefined || isReported(spans, from) ? undefined : before.pop()
  const stretched: Span[] = last ? [withEnd(last, from)] : []
  const follows: Span[] = after[0]?.[0] === to || isReported(spans, to) ? [] : [[to, to, 0]]
  return [...before, ...stretched, ...follows, ...after].slice(-MAX_SPANS)
}

/**
 * Adds a time span in which it certainly read. Before that span there may be a gap that is not
 * reported yet.
 */
function addSpan(spans: Span[], from: number, to: number): Span[] {
  const touches = ([start, end]: Span) => start <= to && end >= from
  const joined = spans.filter(touches).reduce(
    (all, each): Span => {
      const isFirst = each[0] <= all[0]
      return [Math.min(all[0], each[0]), Math.max(all[1], each[1]), isFirst ? each[2] : all[2]]
    },
    [from, to, spans.length > 0 ? 1 : 0] satisfies Span as Span,
  )
  return [...spans.filter((span) => !touches(span)), joined].sort((a, b) => a[0] - b[0])
}

const explained = (span: Span, to: number): Span => (span[0] === to ? [to, span[1], 0] : span)

/**
 * Whether this time is in a gap that was already reported: no span contains it, and the start of
 * the next span is explained.
 */
function isReported(spans: Span[], at: number): boolean {
  const next = spans.findIndex((span) => span[0] > at)
  const previous = spans[next - 1]
  return next > 0 && spans[next]![2] === 0 && previous![1] < at
}

const withEnd = ([from, , isUnexplained]: Span, to: number): Span => [from, to, isUnexplained]

/**
 * The parts of a time span that none of these spans cover. A span without a length, as of one event,
 * is one part.
 */
export function uncovered(from: number, to: number, spans: Span[]): [from: number, to: number][] {
  const touches = ([start, end]: Span) => start < end && start <= from && end >= from
  if (from === to) return spans.some(touches) ? [] : [[from, to]]
  const left: [number, number][] = []
  let at = from
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    if (end <= at || end === start) continue
    if (start >= to) break
    if (start > at) left.push([at, start])
    at = end
  }
  if (at < to) left.push([at, to])
  return left
}

/**
 * Whether this time span touches an interruption that the collector has not reported yet, and whose
 * start is only an estimate.
 */
export const isUnclear = (from: number, to: number, spans: Span[]) =>
  spans.some(([start, , isUnexplained], index) => {
    const brokenAt = spans[index - 1]?.[1] ?? -Infinity
    return isUnexplained === 1 && start > from && brokenAt < to
  })
