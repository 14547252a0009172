import { isReport, receivedAtOf, sizeOf } from "./line.ts"
import { type PlacedLine, type Segment, readLines } from "./segment.ts"

/** What cannot be read any more, and the times of the records on both sides of it, where there are any. */
export type Damage = { bytes: number; from: number | null; to: number | null }

export type Recovered = {
  /** Where to go on writing: behind the last good line. */
  end: number
  /** Good records from `position` on. */
  depth: number
  damages: Damage[]
  /** When the last good record was received that the PBX sent; null where there is none. */
  lastReceivedAt: number | null
}

/**
 * Reads all that is not acknowledged, and leaves out of the last segment what follows its last good line. `onLine` is
 * told of each good one.
 */
export async function recoverSegments(
  segments: Segment[],
  position: number,
  onLine: (line: PlacedLine) => void = () => {},
): Promise<Recovered> {
  const recovered: Recovered = { end: position, depth: 0, damages: [], lastReceivedAt: null }
  let damage: Damage | undefined
  for (const segment of segments) {
    let goodEnd = segment.start
    const until = segment.start + segment.size
    for (let at = Math.max(position, segment.start); at < until;) {
      const { lines, next } = await readLines(segment, at, until)
      for (const line of lines) {
        if (!line.isIntact) {
          damage ??= { bytes: 0, from: recovered.lastReceivedAt, to: null }
          damage.bytes += sizeOf(line)
          continue
        }
        recovered.depth++
        onLine(line)
        if (!isReport(line)) recovered.lastReceivedAt = receivedAtOf(line)
        if (damage) recovered.damages.push({ ...damage, to: receivedAtOf(line) })
        damage = undefined
        goodEnd = line.end
      }
      at = next
    }
    if (segment === segments.at(-1) && until > position) {
      goodEnd = Math.max(goodEnd, Math.min(position, until))
      segment.size = goodEnd - segment.start
    }
    recovered.end = Math.max(recovered.end, segment.start + segment.size)
  }
  if (damage) recovered.damages.push(damage)
  return recovered
}
