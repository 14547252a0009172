/** A while in true time, epoch ms. */
export type Span = [from: number, to: number]

/** The same times as few spans in order. */
export function unite(spans: readonly Span[]): Span[] {
  const united: Span[] = []
  for (const [from, to] of spans.filter(([a, b]) => b > a).toSorted((a, b) => a[0] - b[0])) {
    const last = united.at(-1)
    if (last && from <= last[1]) last[1] = Math.max(last[1], to)
    else united.push([from, to])
  }
  return united
}

/** How much of the while lies within those (united) spans. */
export const overlapMs = ([from, to]: Span, spans: readonly Span[]) =>
  spans.reduce((sum, [a, b]) => sum + Math.max(0, Math.min(b, to) - Math.max(a, from)), 0)

/** Whether one of those (united) spans holds the whole while. */
export const isWithin = ([from, to]: Span, spans: readonly Span[]) =>
  spans.some(([a, b]) => a <= from && to <= b)
