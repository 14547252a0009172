import { isReport, receivedAtOf, sizeOf } from "./record.ts"
import { type PlacedRecord, type Segment, readRecords } from "./segment.ts"

/** What cannot be read any more, and the times of the records on both sides of it, where there are any. */
export type Damage = { bytes: number; from: number | null; to: number | null }

export type Recovered = {
  /** Where to go on writing: behind the last good record. */
  end: number
  /** Good records from `position` on. */
  depth: number
  damages: Damage[]
  /** When the last good record was received that the PBX sent; null where there is none. */
  lastReceivedAt: number | null
}

/**
 * Reads all that is not acknowledged, and leaves out of the last segment what follows its last good record. `onRecord` is
 * told of each good one.
 */
export async function recoverSegments(
  segments: Segment[],
  position: number,
  onRecord: (record: PlacedRecord) => void = () => {},
): Promise<Recovered> {
  const recovered: Recovered = { end: position, depth: 0, damages: [], lastReceivedAt: null }
  let damage: Damage | undefined
  for (const segment of segments) {
    let goodEnd = segment.start
    const until = segment.start + segment.size
    for (let at = Math.max(position, segment.start); at < until;) {
      const { records, next } = await readRecords(segment, at, until)
      for (const record of records) {
        if (!record.isIntact) {
          damage ??= { bytes: 0, from: recovered.lastReceivedAt, to: null }
          damage.bytes += sizeOf(record)
          continue
        }
        recovered.depth++
        onRecord(record)
        if (!isReport(record)) recovered.lastReceivedAt = receivedAtOf(record)
        if (damage) recovered.damages.push({ ...damage, to: receivedAtOf(record) })
        damage = undefined
        goodEnd = record.end
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
