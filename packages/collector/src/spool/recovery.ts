import { isReport, receivedAtOf, sizeOf } from "./record.ts"
import { type PlacedRecord, type Segment, readRecords } from "./segment.ts"

/** An unreadable part of the spool, and the times of the records before and after it, if any. */
export type Damage = { bytes: number; from: number | null; to: number | null }

export type Recovered = {
  /** Position for new records: after the last valid record. */
  end: number
  /** Number of valid records from `position` on. */
  depth: number
  damages: Damage[]
  /** Time of the last valid record that is not a gap report; null if there is none. */
  lastReceivedAt: number | null
}

/**
 * Reads everything that is not acknowledged. Lowers the size of the last segment to the end of its
 * last valid record; the file is truncated when it is next opened for writing. `onRecord` is called
 * with each valid record.
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
